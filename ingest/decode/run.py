"""One call of the decoder: entries in, one after the other, and a batch out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ingest.decode.assembly import Assembly
from ingest.decode.changes import TAG_REPLACED, Changes
from ingest.decode.copies import CopyMeter, event_bytes
from ingest.decode.decompress import decompress
from ingest.decode.entries import Event, NoEvent, events_of, single_events
from ingest.decode.event_time import event_time
from ingest.decode.meter import REJECTION_BYTES, Meter
from ingest.decode.plans import Plans
from ingest.decode.reasons import PAST_BOUND, TOO_MANY_REJECTED, TOO_MUCH_COPIED, RejectedError
from ingest.decode.source_fields import source_bytes
from logstore.model.batch import DecodedEntries, EventBatch, Rejection
from logstore.model.chunk import Entry
from logstore.model.merge import MAX_COLUMNS, concat_batches, fold_rare_columns

# Events and bytes in hand as Python objects, which take several times the room of the Arrow columns they become.
# Smaller figures mean more, smaller pieces to join.
_PIECE_EVENTS = 32_768
_PIECE_BYTES = 32 * 2**20

# A chunk with more bad entries holds no logs. Each costs memory, and a compressed chunk can hold 256 million.
_MOST_REJECTIONS = 65_536


class Run:
    """Gathers events, rejections and changes; used for one call, from one thread.

    Args:
        meter: gets what is gathered here; whoever decodes elsewhere (`add_batch`) counts that.
    """

    def __init__(self, meter: Meter | None = None) -> None:
        self.meter = Meter() if meter is None else meter
        self._pieces: list[EventBatch] = []
        self._assembly = Assembly()
        self._bytes = 0
        self._max_columns = MAX_COLUMNS
        self._rejections: list[Rejection] = []
        self._changes: Changes = Counter()

    def add(self, entry: Entry, plans: Plans) -> None:
        """Decodes one entry; never raises for any payload."""
        chunk, settings = entry.chunk, plans.settings
        try:
            data = decompress(chunk.payload, chunk.compression, settings.max_decompressed_bytes)
        except RejectedError as error:
            self.reject(entry, 0, error.reason)
        else:
            self.add_payload(entry, data, plans)

    def add_payload(self, entry: Entry, data: bytes, plans: Plans) -> None:
        """As `add`, for an entry whose decompressed payload is `data`."""
        self._max_columns = min(self._max_columns, plans.settings.max_columns)
        if self._bytes + len(data) > _PIECE_BYTES:
            self._end_piece()
        self._bytes += len(data)
        self.meter.add(len(data))
        try:
            self._add_events(entry, events_of(entry.chunk, data, plans.settings.max_depth), plans)
        except RejectedError as error:
            self.reject(entry, 0, error.reason)

    def add_left_over(self, entry: Entry, data: bytes, left: Sequence[tuple[int, int, int]], plans: Plans) -> None:
        """Decodes single events of an entry, none of them a mark of a group: index, and where each stands in `data`."""
        self._max_columns = min(self._max_columns, plans.settings.max_columns)
        joined = b"".join([data[start:end] for _, start, end in left])
        self._bytes += len(joined)
        self.meter.add(len(left) * event_bytes(entry.chunk.tag, source_bytes(entry.chunk, plans.settings)))
        events = single_events(entry.chunk, joined, plans.settings.max_depth)
        for (index, _, _), event in zip(left, events, strict=True):
            self._add_one(entry, index, event, plans)

    def add_batch(self, batch: EventBatch, changes: Mapping[str, int], max_columns: int) -> None:
        """Takes events that were decoded elsewhere, and what was changed in them."""
        self._max_columns = min(self._max_columns, max_columns)
        self._pieces.append(batch)
        self._changes.update(changes)

    def reject(self, entry: Entry, index: int, reason: str) -> None:
        """Notes that the event at this index was not decoded; in the order of the entries."""
        # What lies past the bound is told under the entry's last number: the next one belongs to another entry.
        self._rejections.append(Rejection(min(entry.seq + index, entry.end - 1), reason))
        self.meter.add(REJECTION_BYTES)

    def finish(self) -> DecodedEntries:
        """All that was added."""
        self._end_piece()
        batch = concat_batches(self._pieces)
        if len(self._pieces) > 1:
            batch = fold_rare_columns(batch, self._max_columns, min_share=0.0)
        return DecodedEntries(batch, tuple(self._rejections), dict(+self._changes))

    def _add_events(self, entry: Entry, events: Iterable[Event | NoEvent], plans: Plans) -> None:
        copies = CopyMeter(entry.chunk.tag, source_bytes(entry.chunk, plans.settings))
        try:
            self._add_while_allowed(entry, events, plans, copies)
        finally:
            self.meter.add(copies.bytes)

    def _add_while_allowed(
        self, entry: Entry, events: Iterable[Event | NoEvent], plans: Plans, copies: CopyMeter
    ) -> None:
        bound, most_rejections = entry.chunk.rows_bound, len(self._rejections) + _MOST_REJECTIONS
        for index, event in enumerate(events):
            if index >= bound:
                self.reject(entry, index, getattr(event, "reason", "") or PAST_BOUND)
                return
            if len(self._rejections) >= most_rejections:
                self.reject(entry, index, TOO_MANY_REJECTED)
                return
            if isinstance(event, Event) and copies.is_full_with(event.group_bytes):
                self.reject(entry, index, TOO_MUCH_COPIED)
                return
            self._add_one(entry, index, event, plans)

    def _add_one(self, entry: Entry, index: int, event: Event | NoEvent, plans: Plans) -> None:
        if isinstance(event, NoEvent):
            if event.reason:
                self.reject(entry, index, event.reason)
            return
        try:
            self._add_event(entry, index, event, plans)
        except RejectedError as error:
            self.reject(entry, index, error.reason)

    def _add_event(self, entry: Entry, index: int, event: Event, plans: Plans) -> None:
        time_ns, change = event_time(event.time, entry.chunk.received_ns)
        plan, leaves = plans.find(event, self._changes)
        # From here on the event is accepted; what was changed in rejected ones is of no interest to anyone.
        if change:
            self._changes[change] += 1
        for phrase in event.changes:
            self._changes[phrase] += 1
        self._assembly.add(entry.seq + index, time_ns, self._tag(event.tag), plan, leaves)
        if len(self._assembly) >= _PIECE_EVENTS:
            self._end_piece()

    def _tag(self, raw: str | bytes) -> str:
        """The tag as text, bytes that are not UTF-8 as U+FFFD: what routing and `tag:` searches can name."""
        if type(raw) is str and raw.isascii():
            return raw
        data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogateescape")
        text = data.decode("utf-8", "replace")
        self._changes[TAG_REPLACED] += text.encode() != data
        return text

    def _end_piece(self) -> None:
        if len(self._assembly):
            self._pieces.append(self._assembly.finish(self._max_columns, self._changes))
        self._assembly = Assembly()
        self._bytes = 0
