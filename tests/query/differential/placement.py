"""The same events laid down in different ways: in memory, in Parquet files, over both; columns differing per piece.

Batches are made by hand, so that any mix of kinds and any split between columns and `_more` occurs; files are written
by the storage engine's own encoder out of several such batches.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import pyarrow as pa

from logstore.model.batch import EventBatch
from logstore.model.chunk import DEFAULT_TENANT
from logstore.model.merge import concat_batches
from logstore.model.schema import (
    ARROW_TYPES,
    FIXED_COLUMNS,
    MORE,
    MORE_TYPE,
    RESERVED_FIELDS,
    Column,
    Kind,
    name_columns,
)
from logstore.model.snapshot import Part, Snapshot
from logstore.storage.part.encode import encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.shape import PartShape
from tests.logstore.model.batches import with_dictionaries
from tests.query.differential.events import Event
from tests.query.differential.values import INT64, Json, Time, Value, number_text

_FIXED_FIELDS = frozenset(column.field for column in FIXED_COLUMNS)


def kind_of(value: Value) -> Kind:
    """The kind under which a value is stored."""
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.INT if value in INT64 else Kind.UINT
    return {float: Kind.FLOAT, str: Kind.TEXT, Json: Kind.JSON, Time: Kind.TIME}[type(value)]


def batch_of(events: Sequence[Event], more: frozenset[str] = frozenset()) -> EventBatch:
    """Events, ascending by `_seq`, as columns; the fields in `more` go to `_more`."""
    ordered = sorted(events, key=_seq)
    columns = _columns_of(ordered, more)
    table = _table_of(ordered, columns, more)
    times, seqs = [_time(event) for event in ordered] or [0], [_seq(event) for event in ordered] or [0]
    if not ordered:
        return EventBatch(table, columns, 0, -1, 0, -1)
    return EventBatch(table, columns, min(times), max(times), min(seqs), max(seqs))


def part_of(batches: Sequence[EventBatch], path: Path, rows_per_group: int) -> Part:
    """Writes batches with at least one event as one file, as sealing and compaction do."""
    shape = PartShape(rows_per_group, sort_bucket_rows=20, compression_level=1, max_listed_tags=4)
    content = encode_part(concat_batches(batches), 1, DEFAULT_TENANT, shape)
    path.write_bytes(content)
    return read_part(content, str(path), content.size)


@dataclass(frozen=True, slots=True)
class Layout:
    """How to lay events down.

    Attributes:
        parts, batches: into how many files and head batches at most.
        rows_per_group: of the files.
        more_share: the chance of a field to live in `_more` of a piece.
    """

    parts: int
    batches: int
    rows_per_group: int = 7
    more_share: float = 0.2


_DICTIONARY_SHARE = 0.5

PLACEMENTS = {"head": Layout(0, 2), "parts": Layout(2, 0), "split": Layout(1, 1)}
"""Two pieces each, so that columns differ between them; each further piece makes every statement slower."""


def lay_down(events: Sequence[Event], hidden: Sequence[Event], layout: Layout, folder: Path, rng: Random) -> Snapshot:
    """A snapshot whose visible events are `events`; `hidden`, all of later `_seq`, are in its pieces but not in it."""
    limit = max((_seq(event) for event in events), default=-1)
    pieces = _dealt([*events, *hidden], layout, rng)
    parts = [
        part_of(_sealed(piece, layout, rng), folder / f"{number}.parquet", layout.rows_per_group)
        for number, piece in enumerate(pieces[: layout.parts])
        if piece
    ]
    head = [_in_memory(piece, layout, rng) for piece in pieces[layout.parts :] if piece]
    return Snapshot(limit, tuple(parts), tuple(head))


def _sealed(events: Sequence[Event], layout: Layout, rng: Random) -> list[EventBatch]:
    """The batches, of different columns, that become one part."""
    cut = rng.randint(0, len(events))
    return [_in_memory(half, layout, rng) for half in (events[:cut], events[cut:]) if half]


def _in_memory(events: Sequence[Event], layout: Layout, rng: Random) -> EventBatch:
    """A batch, some of its columns of texts with a dictionary."""
    batch = batch_of(events, _more_fields(events, layout, rng))
    return with_dictionaries(batch, [name for name in batch.table.column_names if rng.random() < _DICTIONARY_SHARE])


def _dealt(events: Sequence[Event], layout: Layout, rng: Random) -> list[list[Event]]:
    """Contiguous runs of `_seq`, the later ones for the head, as sealing would leave them."""
    pieces = layout.parts + layout.batches
    cuts = sorted(rng.randint(0, len(events)) for _ in range(pieces - 1))
    borders = [0, *cuts, len(events)]
    return [list(events[start:end]) for start, end in pairwise(borders)]


def _more_fields(events: Sequence[Event], layout: Layout, rng: Random) -> frozenset[str]:
    fields = sorted({field for event in events for field in event} - _FIXED_FIELDS - RESERVED_FIELDS)
    return frozenset(field for field in fields if rng.random() < layout.more_share)


def _columns_of(events: Sequence[Event], more: frozenset[str]) -> tuple[Column, ...]:
    counts: Counter[tuple[str, Kind]] = Counter(
        (field, kind_of(value))
        for event in events
        for field, value in event.items()
        if field not in _FIXED_FIELDS and field not in more
    )
    return FIXED_COLUMNS + name_columns((field, kind, count) for (field, kind), count in counts.items())


def _table_of(events: Sequence[Event], columns: tuple[Column, ...], more: frozenset[str]) -> pa.Table:
    arrays = [
        pa.array([_stored(event.get(column.field), column.kind) for event in events], ARROW_TYPES[column.kind])
        for column in columns
    ]
    names = [column.name for column in columns]
    if more:
        arrays.append(pa.array([_more_map(event, more) for event in events], MORE_TYPE))
        names.append(MORE)
    return pa.table(dict(zip(names, arrays, strict=True)))


def _more_map(event: Event, more: frozenset[str]) -> list[tuple[str, str]]:
    return [(field, json_text(value)) for field, value in event.items() if field in more]


def json_text(value: Value) -> str:
    """A value as JSON text that keeps its kind."""
    if isinstance(value, Json):
        return value.text
    if isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    assert isinstance(value, (int, float))
    return number_text(value)


def _stored(value: Value, kind: Kind) -> object:
    if value is None or kind_of(value) is not kind:
        return None
    if isinstance(value, Time):
        return value.ns
    return value.text if isinstance(value, Json) else value


def _seq(event: Event) -> int:
    seq = event["_seq"]
    assert isinstance(seq, int)
    return seq


def _time(event: Event) -> int:
    time = event["time"]
    assert isinstance(time, Time)
    return time.ns
