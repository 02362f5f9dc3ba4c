"""How much is decoded in one call: as many of the entries handed over as surely fit into memory, and at least one.

What a compressed chunk becomes is not known before it is decompressed: some hundred bytes can be a quarter of a
gigabyte, and a run of as many of them as are commonly small hundreds of gigabytes. Goes around all other decoders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.decode.copies import MOST_COPIED_BYTES, event_bytes
from ingest.decode.decompress import decompress
from ingest.decode.envelope import PayloadDecoder
from ingest.decode.reasons import RejectedError
from ingest.decode.settings import DecodeSettings
from ingest.decode.source_fields import source_bytes
from ingest.signals import why_not_decoded
from logstore.model.batch import DecodedEntries, Rejection
from logstore.model.chunk import Chunk, Compression, Entry

MOST_BYTES = 128 * 2**20
"""Of payloads, decompressed, and of what their events may repeat. A chunk that begins below it may go as far beyond it
as one chunk can. Events are counted as if they were the shortest ones, so it is some six megabytes of what collectors
send. Larger pays the fixed cost of a call less often, and lets hostile chunks take more memory."""

_SHORTEST_EVENT_BYTES = 3
"""`[0, {}]`, or `{}` and a line feed."""

_GROUP_START = b"\xff\xff\xff\xff"
"""In the mark that opens a log group; what the mark carries may be repeated until no chunk may repeat more."""


class RationedDecoder:
    """A decoder that takes the first of the entries, and leaves the others; as safe as the one that it goes around.

    Args:
        behind: decodes what is taken, at once.
        settings: by id, for every id that entries bear.
    """

    def __init__(self, behind: PayloadDecoder, settings: Mapping[int, DecodeSettings]) -> None:
        self._behind = behind
        self._settings = settings

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch, the first of them at least; never raises for a payload.

        Raises:
            KeyError: an entry bears an id whose settings were not handed over.
        """
        taken: list[Entry] = []
        rejections: list[Rejection] = []
        size = read = 0
        for entry in entries:
            if size >= MOST_BYTES:
                break
            read += 1
            settings = self._settings[entry.chunk.settings]
            try:
                entry = _decompressed(entry, settings)  # noqa: PLW2901 - the same entry
            except RejectedError as error:
                rejections.append(Rejection(entry.seq, error.reason))
                continue
            taken.append(entry)
            size += _most_bytes(entry.chunk, settings)
        decoded = self._behind.decode(taken)
        if rejections:
            both = sorted([*decoded.rejections, *rejections], key=lambda rejection: rejection.seq)
            decoded = replace(decoded, rejections=tuple(both))
        return replace(decoded, left=len(entries) - read)


def _decompressed(entry: Entry, settings: DecodeSettings) -> Entry:
    chunk = entry.chunk
    if chunk.compression is Compression.NONE or why_not_decoded(chunk.options):
        return entry
    payload = decompress(chunk.payload, chunk.compression, settings.max_decompressed_bytes)
    return Entry(entry.seq, replace(chunk, payload=payload, compression=Compression.NONE))


def _most_bytes(chunk: Chunk, settings: DecodeSettings) -> int:
    events = min(chunk.rows_bound, len(chunk.payload) // _SHORTEST_EVENT_BYTES)
    copied = events * event_bytes(chunk.tag, source_bytes(chunk, settings))
    if copied > MOST_COPIED_BYTES or _GROUP_START in chunk.payload:
        copied = MOST_COPIED_BYTES
    return len(chunk.payload) + copied
