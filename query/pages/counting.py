"""Values of parts counted column by column, as a table for the statement that asks for them.

Most columns of a log repeat few values. Parquet keeps those once for a row group, and of rows only which of them it
is, in runs: a constant column of thousands of rows is a few bytes. So it takes less to add up runs than to make rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pyarrow as pa

from logstore.errors import CorruptionError
from logstore.model.more import Value
from logstore.model.schema import ARROW_TYPES, SEQ, TIME, Column, Kind
from logstore.model.snapshot import Part
from logstore.model.timespan import TimeSpan
from query.pages.column import ColumnCount, Picked
from query.pages.file import PagesFile
from query.plan.prune import Bounds, row_groups_within
from query.sql.counted_parts import FIELD, NUMBER, SCHEMA, VALUES, CountedParts


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """What was counted.

    Attributes:
        table: of `query.sql.counted_parts`.
        rows, row_groups: that were looked at.
        bytes_read: from files.
    """

    table: pa.Table
    rows: int
    row_groups: int
    bytes_read: int


@dataclass(slots=True)
class _Book:
    """What is looked at, on the way."""

    rows: int = 0
    row_groups: int = 0
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class _Tools:
    """What every part is counted with."""

    check: Callable[[], None]
    kernel: ModuleType | None
    book: _Book


@dataclass(frozen=True, slots=True)
class _Counted:
    """Values of a column with their numbers of rows; None where they are too many."""

    field: str
    kind: Kind
    values: Sequence[Value | None]
    numbers: Sequence[int]


def count_values(counted: CountedParts, check: Callable[[], None], kernel: ModuleType | None) -> ValueCounts:
    """Counts what is described.

    Args:
        counted: what is to be counted; of files that are here and sound.
        check: is called now and then; what it raises comes out.
        kernel: takes pages apart; None: nobody does, and it takes longer.

    Raises:
        CorruptionError: a file is not what a part is.
    """
    book = _Book()
    found = [each for part in counted.parts for each in _read(part, counted, _Tools(check, kernel, book))]
    return ValueCounts(_table(found), book.rows, book.row_groups, book.bytes_read)


def _table(found: Sequence[_Counted]) -> pa.Table:
    columns = {name: _column(found, kind) for kind, name in VALUES.items()}
    fields = pa.array([each.field for each in found], pa.string())
    rows = np.repeat(np.arange(len(found)), [len(each.numbers) for each in found])
    numbers = pa.array([number for each in found for number in each.numbers], pa.int64())
    return pa.table({FIELD: fields.take(pa.array(rows)), **columns, NUMBER: numbers}, schema=SCHEMA)


def _column(found: Sequence[_Counted], kind: Kind) -> pa.ChunkedArray:
    pieces = (
        pa.array(each.values, ARROW_TYPES[kind]) if each.kind is kind else pa.nulls(len(each.values), ARROW_TYPES[kind])
        for each in found
    )
    return pa.chunked_array(list(pieces), ARROW_TYPES[kind])


def _read(part: Part, counted: CountedParts, tools: _Tools) -> Iterator[_Counted]:
    places = row_groups_within(part, Bounds(counted.window, None))
    try:
        with PagesFile(part.path, places, tools.kernel) as file:
            picked = [found for place in places if (found := _picked(file, part, place, counted.window)).rows]
            counts = _counts(file, part, counted.most_values)
            # Of row groups that lie within the window as a whole it takes least to find that there are too many values.
            for each in sorted(picked, key=lambda each: each.kept is not None):
                tools.check()
                _add(file, list(counts.values()), each)
            yield from (_told(column, count) for column, count in counts.items() if count.rows)
            tools.book.rows += sum(each.rows for each in picked)
            tools.book.row_groups += len(picked)
            tools.book.bytes_read += file.bytes_read
    except (ValueError, KeyError, OSError, pa.ArrowException) as error:
        raise CorruptionError(f"the values cannot be counted: {error}", part.path) from error


def _counts(file: PagesFile, part: Part, most_values: int) -> dict[Column, ColumnCount]:
    return {
        column: ColumnCount(file, column, most_values) for column in part.columns if column.field not in {TIME, SEQ}
    }


def _told(column: Column, count: ColumnCount) -> _Counted:
    values, numbers = count.finish()
    if count.is_many:
        return _Counted(column.field, column.kind, [None], [count.rows])
    return _Counted(column.field, column.kind, values, numbers)


def _add(file: PagesFile, counts: Sequence[ColumnCount], picked: Picked) -> None:
    """Counts in rows of a row group: the pages of all columns that have a dictionary are decompressed at once."""
    chunks = {count: chunk for count in counts if (chunk := count.wanted(picked.place)) is not None}
    pages = dict(zip(chunks, file.pages(list(chunks.values())), strict=True))
    for count in counts:
        taken_apart = pages.get(count)
        if taken_apart is None:
            count.add(picked)
        else:
            count.add_codes(picked, chunks[count], taken_apart)


def _picked(file: PagesFile, part: Part, place: int, window: TimeSpan) -> Picked:
    """The rows of a row group within the window."""
    group = part.row_groups[place]
    if window.covers(group.time_min_ns, group.time_max_ns):
        return Picked(place, group.rows)
    times = np.concatenate([_nanoseconds(piece) for piece in file.values(place, TIME, group.rows)])
    is_kept = np.ones(len(times), bool)
    if window.start_ns is not None:
        is_kept &= times >= window.start_ns
    if window.end_ns is not None:
        is_kept &= times < window.end_ns
    kept = np.zeros(len(times) + 1, np.int32)
    np.cumsum(is_kept, out=kept[1:])
    return Picked(place, int(kept[-1]), kept)


def _nanoseconds(times: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    found: np.ndarray[tuple[int], np.dtype[np.int64]] = times.cast(ARROW_TYPES[Kind.TIME]).cast(pa.int64()).to_numpy()
    return found
