"""A tiny strict decoder, the chunks that it understands, and a way to read everything back.

A payload is lines `<time ns> <tag> <id> <size>`. The size is a number or a word, so that a field has two kinds. A line
that does not look so is rejected; the payload `poison` breaks the decoder's contract on purpose.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from logstore.model.batch import DecodedEntries, Rejection
from logstore.model.chunk import Chunk, Entry, Mode
from logstore.model.merge import batch_from_columns, empty_batch
from logstore.model.more_column import Sparse
from logstore.model.schema import MESSAGE, SEQ, TAG, TIME, Kind
from logstore.model.snapshot import Part, Snapshot
from logstore.storage.decode_settings import settings_id
from logstore.storage.decoder import Decoding

HOUR_NS = 3600 * 10**9
START_NS = 1_764_000_000_000_000_000 // HOUR_NS * HOUR_NS
"""The start of an hour in November 2025."""

DOCUMENT = b'{"lines": 1}\n'
"""The decode settings of chunks, unless a test says otherwise."""


def lines(ids: Iterable[object], time_ns: int = START_NS, tag: str = "app", step_ns: int = 1000) -> bytes:
    """A payload with an event for each id, `step_ns` apart; every third size is a word."""
    return b"".join(
        f"{time_ns + place * step_ns} {tag} {one} {place if place % 3 else 'big'}\n".encode()
        for place, one in enumerate(ids)
    )


def chunk(payload: bytes, chunk_id: bytes | None = None, **fields: object) -> Chunk:
    """A chunk with this payload, to be decoded by `DOCUMENT`."""
    rows_bound = max(1, payload.count(b"\n"))
    all_fields = {"wire_tag": b"app", "settings": settings_id(DOCUMENT), "chunk_id": chunk_id, **fields}
    received_ns = all_fields.pop("received_ns", START_NS)
    return Chunk(Mode.PACKED, payload, rows_bound, received_ns, **all_fields)  # type: ignore[arg-type]


class LineDecoder:
    """Decodes lines. Fails when entries do not ascend, share sequence numbers, or need settings that it has not got.

    Args:
        documents: the decode settings that it was made with; `DOCUMENT` alone when None.
    """

    def __init__(self, documents: Mapping[int, bytes] | None = None) -> None:
        self._known = {settings_id(DOCUMENT): DOCUMENT} if documents is None else documents
        assert all(settings_id(document) == number for number, document in self._known.items())

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """See `logstore.storage.decoder.Decoder`."""
        ends = [entry.end for entry in entries]
        assert all(entry.seq >= end for entry, end in zip(entries[1:], ends, strict=False)), "entries must ascend"
        events, rejections = [], []
        for entry in entries:
            assert entry.chunk.settings in self._known, "entries must have known settings"
            if entry.chunk.payload == b"poison":
                raise ValueError("poison")
            for place, line in enumerate(entry.chunk.payload.splitlines()):
                fields = line.decode().split(" ")
                if len(fields) == 4:
                    events.append((int(fields[0]), entry.seq + place, *fields[1:]))
                else:
                    rejections.append(Rejection(entry.seq + place, "not a line"))
        changes = {"kept": len(events)} if events else {}
        return DecodedEntries(_batch(events), rejections, changes)


LINES = Decoding(DOCUMENT, LineDecoder)
"""How a store decodes lines."""


def _batch(events: list[tuple[int, int, str, str, str]]):
    if not events:
        return empty_batch()
    rows = np.arange(len(events), dtype=np.int64)
    numbers = np.array([place for place, event in enumerate(events) if event[4].isdigit()], np.int64)
    words = np.setdiff1d(rows, numbers)
    columns = [
        Sparse(TIME, Kind.TIME, rows, pa.array([event[0] for event in events], pa.timestamp("ns", "UTC"))),
        Sparse(SEQ, Kind.INT, rows, pa.array([event[1] for event in events], pa.int64())),
        Sparse(TAG, Kind.TEXT, rows, pa.array([event[2] for event in events])),
        Sparse(MESSAGE, Kind.TEXT, rows, pa.array([event[3] for event in events])),
    ]
    if len(numbers):
        sizes = pa.array([int(events[place][4]) for place in numbers], pa.int64())
        columns.append(Sparse("size", Kind.INT, numbers, sizes))
    if len(words):
        columns.append(Sparse("size", Kind.TEXT, words, pa.array([events[place][4] for place in words])))
    return batch_from_columns(len(events), columns)


Event = tuple[int, int, str, str, object]
"""Time, `_seq`, tag, id, size."""


def events(snapshot: Snapshot) -> list[Event]:
    """All events of a snapshot, by `_seq`."""
    found = [event for part in snapshot.parts for event in _part_rows(part)]
    found += [event for batch in snapshot.head for event in _rows(batch.table, batch.columns)]
    return sorted(found, key=lambda event: event[1])


def ids(snapshot: Snapshot) -> list[str]:
    """The ids of all events of a snapshot, by `_seq`."""
    return [event[3] for event in events(snapshot)]


@functools.cache
def _part_rows(part: Part) -> tuple[Event, ...]:
    """Parts are never changed, so each is read once."""
    return tuple(_rows(pq.ParquetFile(part.path).read(use_threads=False), part.columns))


def _rows(table: pa.Table, columns) -> Iterable[Event]:
    sizes = [column.name for column in columns if column.field == "size"]
    for row in table.set_column(0, TIME, table.column(TIME).cast(pa.int64())).to_pylist():
        size = next((row[name] for name in sizes if row[name] is not None), None)
        yield row[TIME], row[SEQ], row[TAG], row[MESSAGE], size
