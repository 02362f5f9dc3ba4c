"""How much is decoded in one call: as many of the entries handed over as fit into memory, and at least one.

What a chunk becomes is not known before it is decoded: some hundred compressed bytes can be a quarter of a gigabyte,
and a run of as many of them as are commonly small hundreds of gigabytes. So entries are handed on one by one, and no
more of them once those before take enough. Goes around all other decoders.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.decode.envelope import PayloadDecoder
from ingest.decode.meter import Meter
from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Entry

MOST_BYTES = 128 * 2**20
"""Of payloads, decompressed, and of what their events repeat, as `Meter` counts. A chunk that begins below it may go as
far beyond it as one chunk can. Several times what is handed over at once when it is what collectors send; larger lets
hostile chunks take more memory."""


class RationedDecoder:
    """A decoder that takes the first of the entries, and leaves the others; as safe as the one that it goes around.

    Args:
        behind: decodes what is taken, one entry after the other.
    """

    def __init__(self, behind: PayloadDecoder) -> None:
        self._behind = behind

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch, the first of them at least; never raises for a payload.

        Raises:
            KeyError: an entry bears an id whose settings were not handed over.
        """
        waiting, meter = deque(entries), Meter()
        decoded = self._behind.decode(_while_room(waiting, meter), meter)
        return replace(decoded, left=len(waiting))


def _while_room(waiting: deque[Entry], meter: Meter) -> Iterator[Entry]:
    while waiting and meter.bytes < MOST_BYTES:
        yield waiting.popleft()
