"""Which transcoder makes messages of a body, and whether the compiled one is there."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Final

from ingest.decode import json_plain
from ingest.decode.records import transcode_records
from ingest.decode.transcoded import Transcoded
from logstore.model.chunk import Mode

Transcode = Callable[[bytes, bytes, tuple[bytes, ...], int, int, int], Transcoded]
"""Makes messages of a body; `json_plain.transcode` says of what arguments."""


def _json_transcoder() -> tuple[Transcode, bool]:
    try:
        compiled = importlib.import_module("ingest.decode.json_transcode")
    except ImportError:
        return json_plain.transcode, False
    return compiled.transcode, True


_JSON, IS_COMPILED = _json_transcoder()
"""Whether JSON is read by the compiled transcoder: a hundred times as fast as the plain one."""

TRANSCODERS: Final[dict[Mode, Transcode]] = {Mode.JSON: _JSON, Mode.RECORDS: transcode_records}
"""For each mode that the decoder does not know."""
