"""The decoder in plain Python: what runs without a compiler, and what a compiled kernel is held against.

For the same entries a kernel must give the same events, rejections and changes. Which of the fields past
`max_columns` stand in `_more` is not part of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.decode.plans import Plans
from ingest.decode.run import Run
from ingest.decode.settings import DecodeSettings
from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Entry


class PlainDecoder:
    """Decodes log entries by the settings under whose id they came in; safe to use from several threads.

    Args:
        settings: by id (`Chunk.settings`); an entry with another id is decoded by `DecodeSettings()`.
    """

    def __init__(self, settings: Mapping[int, DecodeSettings] | None = None) -> None:
        self._default = Plans(DecodeSettings())
        self._plans = {number: Plans(found) for number, found in (settings or {}).items()}

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload."""
        run = Run()
        for entry in entries:
            run.add(entry, self._plans.get(entry.chunk.settings, self._default))
        return run.finish()
