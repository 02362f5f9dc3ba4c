"""A decoder in front of the decoder: bodies in other formats become messages, which the one behind it decodes.

So there is one definition of what becomes of a record, whatever it came in, and a compiled decoder need know nothing of
JSON. A value that is no event is told here; the messages before and after it are entries of their own to the decoder
behind, each with the sequence number that is its place, so that one bad line does not cost a body its fast path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from ingest.decode.changes import INTEGER_ROUNDED, TIME_MISSING, TIME_UNREADABLE
from ingest.decode.copies import MOST_COPIED_BYTES
from ingest.decode.decompress import decompress
from ingest.decode.meter import REJECTION_BYTES, Meter
from ingest.decode.reasons import TOO_MANY_REJECTED, RejectedError
from ingest.decode.rejects import MOST_REJECTED, REASONS
from ingest.decode.settings import DecodeSettings
from ingest.decode.transcode import Transcode, Transcoders
from ingest.decode.transcoded import NIL, Transcoded
from logstore.model.batch import DecodedEntries, Rejection
from logstore.model.chunk import Compression, Entry, Mode


class Decoder(Protocol):
    """What decodes the modes of the forward protocol."""

    def decode(self, entries: Iterable[Entry], meter: Meter | None = None) -> DecodedEntries:
        """As `envelope.PayloadDecoder`."""


class TranscodingDecoder:
    """Decodes entries of every mode; as safe to use from several threads as the decoder behind it.

    Args:
        behind: decodes the modes of the forward protocol.
        settings: by id, for every id that entries bear.
        transcoders: make messages of the modes that the decoder behind does not know.
    """

    def __init__(self, behind: Decoder, settings: Mapping[int, DecodeSettings], transcoders: Transcoders) -> None:
        self._behind = behind
        self._settings = settings
        self._transcoders = transcoders

    def decode(self, entries: Iterable[Entry], meter: Meter | None = None) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload.

        An entry is asked for when those before it are decoded, and `meter`, if any, has what they take.

        Raises:
            KeyError: an entry bears an id whose settings were not handed over.
        """
        work = _Work(Meter() if meter is None else meter)
        return work.told(self._behind.decode(self._known(entries, work), meter))

    def _known(self, entries: Iterable[Entry], work: _Work) -> Iterator[Entry]:
        """The entries as the decoder behind knows them."""
        for entry in entries:
            transcode = self._transcoders.get(entry.chunk.mode)
            if transcode is None:
                yield entry
            else:
                yield from work.transcode(transcode, entry, self._settings[entry.chunk.settings])


class _Work:
    """One call: what was told of bodies, beside what the decoder behind tells of their messages."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._rejections: list[Rejection] = []
        self._changes: Counter[str] = Counter()

    def transcode(self, transcode: Transcode, entry: Entry, settings: DecodeSettings) -> Iterator[Entry]:
        """An entry as messages."""
        chunk = entry.chunk
        try:
            data = decompress(chunk.payload, chunk.compression, settings.max_decompressed_bytes)
        except RejectedError as error:
            self._reject(entry.seq, error.reason)
            return
        keys = tuple(key.encode("utf-8", "surrogateescape") for key in settings.time_keys)
        made = transcode(data, chunk.tag.encode(), keys, chunk.received_ns, settings.max_depth, MOST_COPIED_BYTES)
        self._changes[TIME_MISSING] += made.missing_times
        self._changes[TIME_UNREADABLE] += made.unreadable_times
        self._changes[INTEGER_ROUNDED] += made.rounded_integers
        yield from self._pieces(entry, made)

    def _pieces(self, entry: Entry, made: Transcoded) -> Iterator[Entry]:
        """The messages between those values that are no events; these are rejected."""
        seq, start = entry.seq, 0
        for number, ((index, reject), gap) in enumerate(zip(made.rejected, made.gaps, strict=True)):
            yield from _piece(entry, seq, min(entry.seq + index, entry.end) - seq, made.messages[start:gap])
            seq, start = entry.seq + index + 1, gap + len(NIL)
            if seq > entry.end:
                break
            reason = REASONS[reject] if number < MOST_REJECTED else TOO_MANY_REJECTED
            self._reject(entry.seq + index, reason)
        yield from _piece(entry, seq, entry.end - seq, made.messages[start:])

    def _reject(self, seq: int, reason: str) -> None:
        self._rejections.append(Rejection(seq, reason))
        self._meter.add(REJECTION_BYTES)

    def told(self, decoded: DecodedEntries) -> DecodedEntries:
        """What the decoder behind told, and what is to be told of the bodies."""
        rejections = sorted([*decoded.rejections, *self._rejections], key=lambda rejection: rejection.seq)
        changes = dict(+(self._changes + Counter(decoded.changes)))
        return replace(decoded, rejections=tuple(rejections), changes=changes)


def _piece(entry: Entry, seq: int, bound: int, messages: bytes) -> Iterator[Entry]:
    """Some messages of an entry as one of their own, if there are any."""
    if messages and bound > 0:
        chunk = replace(
            entry.chunk,
            mode=Mode.MESSAGES,
            payload=messages,
            rows_bound=bound,
            compression=Compression.NONE,
            tag="",
            wire_tag=b"",
        )
        yield Entry(seq, chunk)
