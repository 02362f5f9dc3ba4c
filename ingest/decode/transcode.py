"""Which transcoder makes messages of a body, and whether the compiled one is there."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from ingest.decode import json_plain
from ingest.decode.records import transcode_records
from ingest.decode.transcoded import Transcoded
from logstore.model.chunk import Mode

Transcode = Callable[[bytes, bytes, tuple[bytes, ...], int, int, int], Transcoded]
"""Makes messages of a body; `json_plain.transcode` says of what arguments."""

Transcoders = Mapping[Mode, Transcode]
"""One for each mode that the decoder does not know."""


def choose_transcoders(*, is_compiled: bool = True) -> Transcoders:
    """The transcoders to use: for JSON the compiled one, a hundred times as fast, where it is there and wanted."""
    return {Mode.JSON: _compiled() if is_compiled else json_plain.transcode, Mode.RECORDS: transcode_records}


def _compiled() -> Transcode:
    try:
        transcode: Transcode = importlib.import_module("ingest.decode.json_transcode").transcode
    except ImportError:
        return json_plain.transcode
    return transcode
