"""Values of parts counted column by column, as a table for the statement that asks for them.

Most columns of a log repeat few values. Parquet keeps those once for a row group, and of rows only which of them it
is, in runs: a constant column of thousands of rows is a few bytes. So it takes less to add up runs than to make rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from logstore.errors import CorruptionError
from logstore.model.more import Value
from logstore.model.schema import ARROW_TYPES, SEQ, TIME, Kind
from logstore.model.snapshot import Part
from logstore.model.timespan import TimeSpan
from query.pages.column import ColumnCount, Picked
from query.pages.file import PagesFile
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
class _Total:
    """Values of one kind of a field, in all parts so far, and in how many rows each is; none of too many."""

    values: dict[Value, int] = field(default_factory=dict)
    rows: int = 0
    is_many: bool = False

    def add(self, count: ColumnCount, most_values: int) -> None:
        """Those of one more part."""
        self.rows += count.rows
        for value, number in zip(*count.finish(), strict=True):
            self.values[value] = self.values.get(value, 0) + number
        # More of one kind are more of the field, so what is in memory is bounded however many parts there are.
        if count.is_many or len(self.values) > most_values:
            self.is_many, self.values = True, {}


@dataclass(slots=True)
class _Book:
    """What was found so far, by field and kind, and what was looked at for it."""

    totals: defaultdict[tuple[str, Kind], _Total] = field(default_factory=lambda: defaultdict(_Total))
    rows: int = 0
    row_groups: int = 0
    bytes_read: int = 0


Numbers: TypeAlias = NDArray[np.int64]


def count_values(
    counted: CountedParts, ask: Callable[[str], Numbers], check: Callable[[], None], kernel: ModuleType | None
) -> ValueCounts:
    """Counts what is described.

    Args:
        counted: what is to be counted; of files that are here and sound.
        ask: runs a statement that yields sequence numbers, in an array of the caller's.
        check: is called now and then; what it raises comes out.
        kernel: takes pages apart; None: nobody does, and it takes longer.

    Raises:
        CorruptionError: a file is not what a part is.
    """
    counting = _Counting(counted, _Book(), check, kernel)
    for part in counted.whole:
        counting.add(part, partial(_within, window=counted.window))
    for selection in counted.selections:
        numbers = ask(selection.sql)
        numbers.sort()
        for part in selection.parts:
            check()
            first, end = np.searchsorted(numbers, (part.seq_min, part.seq_max + 1))
            if first < end:
                counting.add(part, partial(_among, chosen=_Chosen(part, numbers[first:end])))
    book = counting.book
    return ValueCounts(_table(book.totals), book.rows, book.row_groups, book.bytes_read)


def _table(totals: Mapping[tuple[str, Kind], _Total]) -> pa.Table:
    found = {key: total for key, total in totals.items() if total.rows}
    lengths = [1 if total.is_many else len(total.values) for total in found.values()]
    fields = pa.array([name for name, _ in found], pa.string()).take(
        pa.array(np.repeat(np.arange(len(found)), lengths))
    )
    numbers = [total.rows if total.is_many else total.values.values() for total in found.values()]
    columns = {name: _column(found, kind) for kind, name in VALUES.items()}
    every = [each for number in numbers for each in ([number] if isinstance(number, int) else number)]
    return pa.table({FIELD: fields, **columns, NUMBER: pa.array(every, pa.int64())}, schema=SCHEMA)


def _column(found: Mapping[tuple[str, Kind], _Total], kind: Kind) -> pa.ChunkedArray:
    """The values of one kind, missing in the rows of others and where they are too many."""
    pieces = (
        pa.array(list(total.values), ARROW_TYPES[kind])
        if own is kind and not total.is_many
        else pa.nulls(max(1, len(total.values)), ARROW_TYPES[kind])
        for (_, own), total in found.items()
    )
    return pa.chunked_array(list(pieces), ARROW_TYPES[kind])


Pick: TypeAlias = Callable[[PagesFile, Part, int], Picked]
"""The rows of a row group that count, by its place."""


@dataclass(frozen=True, slots=True)
class _Counting:
    counted: CountedParts
    book: _Book
    check: Callable[[], None]
    kernel: ModuleType | None

    def add(self, part: Part, pick: Pick) -> None:
        """Counts in one more part."""
        try:
            self._add(part, pick)
        except (ValueError, LookupError, OSError, pa.ArrowException) as error:
            raise CorruptionError(f"the values cannot be counted: {error}", part.path) from error

    def _add(self, part: Part, pick: Pick) -> None:
        places, most_values, book = self.counted.row_groups[part.path], self.counted.most_values, self.book
        columns = [column for column in part.columns if column.field not in {TIME, SEQ}]
        with PagesFile(part.path, {place: part.row_groups[place].rows for place in places}, self.kernel) as file:
            picked = [found for place in places if (found := pick(file, part, place)).rows]
            totals = [book.totals[column.field, column.kind] for column in columns]
            counts = [
                ColumnCount(file, column, most_values, is_many=total.is_many)
                for column, total in zip(columns, totals, strict=True)
            ]
            # Of row groups that count as a whole it takes least to find that there are too many values.
            for each in sorted(picked, key=lambda each: each.kept is not None):
                self.check()
                _add(file, counts, each)
            for count, total in zip(counts, totals, strict=True):
                total.add(count, most_values)
            book.rows += sum(each.rows for each in picked)
            book.row_groups += len(picked)
            book.bytes_read += file.bytes_read


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


def _within(file: PagesFile, part: Part, place: int, *, window: TimeSpan) -> Picked:
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
    return _kept(place, is_kept)


_WIDEST_TABLE = 1 << 24
"""Sequence numbers of a part, from the smallest to the largest, for which there is a table of bytes. Those of a part
that was merged of old and new ones may lie further apart."""


class _Chosen:
    """Sequence numbers of a part, which ascend: is a number one of them?"""

    def __init__(self, part: Part, numbers: Numbers) -> None:
        self._numbers = numbers
        self._first = part.seq_min
        self._table: NDArray[np.bool_] | None = None
        width = part.seq_max - part.seq_min + 1
        if 0 < width <= _WIDEST_TABLE:
            self._table = np.zeros(width, np.bool_)
            self._table[numbers - part.seq_min] = True

    def among(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Of each of these, all of them of the part."""
        if self._table is not None:
            return self._table[numbers - self._first]
        places = np.searchsorted(self._numbers, numbers)
        places[places == len(self._numbers)] = 0
        found: NDArray[np.bool_] = self._numbers[places] == numbers
        return found


def _among(file: PagesFile, part: Part, place: int, *, chosen: _Chosen) -> Picked:
    """The rows of a row group that are chosen."""
    pieces = file.values(place, SEQ, part.row_groups[place].rows)
    own = np.concatenate([piece.cast(pa.int64()).to_numpy() for piece in pieces])
    is_kept = chosen.among(own)
    return Picked(place, len(own)) if is_kept.all() else _kept(place, is_kept)


def _kept(place: int, is_kept: NDArray[np.bool_]) -> Picked:
    kept = np.zeros(len(is_kept) + 1, np.int32)
    np.cumsum(is_kept, out=kept[1:])
    return Picked(place, int(kept[-1]), kept)


def _nanoseconds(times: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    found: np.ndarray[tuple[int], np.dtype[np.int64]] = times.cast(ARROW_TYPES[Kind.TIME]).cast(pa.int64()).to_numpy()
    return found
