"""The decoder in plain Python: what runs without a compiler, and what a compiled kernel is held against.

For the same entries a kernel must give the same events, rejections and changes. Which of the fields past
`max_columns` stand in `_more` is not part of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ingest.decode.meter import Meter
from ingest.decode.plans import Plans
from ingest.decode.run import Run
from ingest.decode.settings import DecodeSettings
from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Entry


class PlainDecoder:
    """Decodes log entries by the settings under whose id they came in; safe to use from several threads.

    Args:
        settings: by id (`Chunk.settings`), for every id that entries bear; None for the defaults under the id 0. There
            is nothing to fall back on: an entry decoded by other settings than its own would become other rows.
    """

    def __init__(self, settings: Mapping[int, DecodeSettings] | None = None) -> None:
        known = {0: DecodeSettings()} if settings is None else settings
        self._plans = {number: Plans(found) for number, found in known.items()}

    def decode(self, entries: Iterable[Entry], meter: Meter | None = None) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload.

        An entry is asked for when those before it are decoded, and `meter`, if any, has what they take.

        Raises:
            KeyError: an entry bears an id whose settings were not handed over.
        """
        run = Run(meter)
        for entry in entries:
            run.add(entry, self._plans[entry.chunk.settings])
        return run.finish()
