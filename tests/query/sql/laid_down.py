"""Small stores made by hand: events as dicts, laid down as batches in memory or as Parquet files, and asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from logstore.clock import SystemClock
from logstore.model.batch import EventBatch
from logstore.model.merge import batch_from_table
from logstore.model.more import to_more_text
from logstore.model.schema import ARROW_TYPES, FIXED_COLUMNS, MORE, MORE_TYPE, SEQ, TIME, Kind, name_columns
from logstore.model.snapshot import Part, PartRead, RowGroup, Snapshot
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.results.answer import Answer
from query.results.facts import Facts

NOW_NS = 1_795_341_600 * 10**9
"""2026-11-22T10:00:00Z, the time of the first event and of every question."""


@dataclass(frozen=True, slots=True)
class Json:
    """A value of kind JSON."""

    text: str


Event = dict[str, Any]


def kind_of(value: object) -> Kind:
    """The kind that a Python value is stored as."""
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.INT if -(2**63) <= value < 2**63 else Kind.UINT
    return {float: Kind.FLOAT, str: Kind.TEXT, Json: Kind.JSON}[type(value)]


def batch(events: Sequence[Event], more: frozenset[str] = frozenset()) -> EventBatch:
    """Events as a batch; those without a time come a second apart, those without `_seq` are counted from 1."""
    full = [{TIME: NOW_NS + n * 10**9, SEQ: n + 1, "tag": "app", **event} for n, event in enumerate(events)]
    fixed = {column.field for column in FIXED_COLUMNS}
    keys = dict.fromkeys((f, kind_of(v)) for e in full for f, v in e.items() if f not in fixed and f not in more)
    columns = FIXED_COLUMNS + name_columns((name, kind, 1) for name, kind in keys)
    arrays = [
        pa.array([_stored(event.get(column.field), column.kind) for event in full], ARROW_TYPES[column.kind])
        for column in columns
    ]
    names = [column.name for column in columns]
    if more:
        arrays.append(pa.array([_more(event, more) for event in full], MORE_TYPE))
        names.append(MORE)
    return batch_from_table(pa.table(arrays, names=names), columns)


def _stored(value: object, kind: Kind) -> object:
    if value is None or kind is Kind.TIME:
        return value
    return (value.text if isinstance(value, Json) else value) if kind_of(value) is kind else None


def _more(event: Event, more: frozenset[str]) -> list[tuple[str, str]]:
    kept = ((name, event[name]) for name in sorted(more) if name in event)
    return [(name, to_more_text(kind_of(v), v.text if isinstance(v, Json) else v)) for name, v in kept]


def part(path: Path, made: EventBatch, rows_per_group: int = 1000) -> Part:
    """A batch as a file."""
    pq.write_table(made.table, path, row_group_size=rows_per_group)
    times = made.table.column(TIME).cast(pa.int64()).to_numpy()
    groups = [times[start : start + rows_per_group] for start in range(0, len(times), rows_per_group)]
    return Part(
        path=str(path),
        generation=1,
        rows=made.rows,
        bytes=path.stat().st_size,
        time_min_ns=made.time_min_ns,
        time_max_ns=made.time_max_ns,
        seq_min=made.seq_min,
        seq_max=made.seq_max,
        columns=made.columns,
        has_more=made.has_more,
        tags=tuple(sorted(set(made.table.column("tag").to_pylist()))),
        row_groups=tuple(
            RowGroup(number * rows_per_group, len(group), int(group.min()), int(group.max()))
            for number, group in enumerate(groups)
        ),
    )


@dataclass(slots=True)
class Held:
    """A source that always has the same snapshot, and knows how often it was taken and given back."""

    held: Snapshot
    taken: int = field(default=0)
    released: int = field(default=0)
    damaged: set[str] = field(default_factory=set)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The snapshot."""
        self.taken += 1
        try:
            yield self.held
        finally:
            self.released += 1

    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> AbstractContextManager[dict[str, str]]:
        """All of them are here."""
        del parts, check
        return nullcontext({})

    def are_local(self, parts: Sequence[Part]) -> bool:
        """All of them are."""
        del parts
        return True

    def unfit(self, reads: Sequence[PartRead]) -> Collection[Part]:
        """The parts that a test has damaged; once they are found no later snapshot has them."""
        found = [read.part for read in reads if read.part.path in self.damaged]
        parts = tuple(part for part in self.held.parts if part not in found)
        unfit = tuple(part for part in found if part not in self.held.unfit)
        self.held = replace(self.held, parts=parts, unfit=(*self.held.unfit, *unfit))
        return found


def in_memory(*batches: EventBatch, parts: Sequence[Part] = ()) -> Held:
    """A source of these batches and parts, all visible."""
    highest = max((piece.seq_max for piece in (*batches, *parts)), default=0)
    return Held(Snapshot(highest, tuple(parts), batches))


def events(*rows: Event) -> Held:
    """A source with these events in one batch."""
    return in_memory(batch(rows))


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer read to its end: field to value, missing ones left out; JSON as `Json`, times as nanoseconds."""

    rows: list[Event]
    columns: tuple[str, ...]
    facts: Facts


@contextmanager
def engine_of(source: Held) -> Iterator[Engine]:
    """An engine for many questions: opening one takes longer than most answers."""
    engine = Engine(source, Limits(threads=1), SystemClock())
    try:
        yield engine
    finally:
        engine.close()


def ask(source: Held, text: str, **request: Any) -> Asked:
    """Asks one question and reads all."""
    with engine_of(source) as engine:
        return read(engine, text, **request)


def read(engine: Engine, text: str, **request: Any) -> Asked:
    """Asks an engine and reads all."""
    with engine.query(Request(text, **{"now_ns": NOW_NS, **request})) as answer:
        return taken(answer)


def taken(answer: Answer) -> Asked:
    """Reads all of an answer."""
    table = answer.table()
    rows = [_row(answer.columns, values) for values in zip(*map(_plain, table.columns), strict=True)]
    if not table.columns:
        rows = [{} for _ in range(table.num_rows)]
    return Asked(rows, tuple(column.name for column in answer.columns), answer.facts())


def _plain(column: pa.ChunkedArray) -> list[Any]:
    return (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_pylist()


def _row(columns: Sequence[Any], values: Sequence[Any]) -> Event:
    row = {
        column.field: Json(value) if column.kind is Kind.JSON else value
        for column, value in zip(columns, values, strict=False)
        if value is not None
    }
    if len(values) > len(columns) and values[-1]:
        row[MORE] = dict(values[-1])
    return row


def column(source: Held, text: str, name: str, **request: Any) -> list[Any]:
    """The values of one column of an answer, None where missing."""
    return [row.get(name) for row in ask(source, text, **request).rows]
