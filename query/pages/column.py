"""How often each value of a column of a part occurs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from logstore.model.more import Value
from logstore.model.schema import ARROW_TYPES, Column, Kind
from query.pages.file import Chunk, Page, PagesFile

_FEW_ROWS = 4096
"""Rows of a column that are read as values at a time: hardly more are, where there are too many values."""

_BYTES = 6
_NUMBERS = {2: "<i8", 5: "<f8"}
"""Parquet's physical types that dictionaries are of."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Rows of a row group.

    Attributes:
        place: of the row group.
        rows: how many.
        kept: how many of them stand before each row of the row group, and last how many there are; None: they are all
            of its rows.
    """

    place: int
    rows: int
    kept: NDArray[np.int32] | None = None


class _Coded(NamedTuple):
    """A dictionary, and how often each of its codes occurs."""

    kind: int
    page: Page
    counts: NDArray[np.int64]


class ColumnCount:
    """Counts the values of a column, in one row group after the other.

    Args:
        file: of the part.
        column: which.
        most_values: more are too many; how often each occurs is not known then.
        is_many: whether it is known already that there are too many.

    Attributes:
        rows: that have a value.
        is_many: whether there are too many values.
    """

    def __init__(self, file: PagesFile, column: Column, most_values: int, *, is_many: bool = False) -> None:
        self.rows = 0
        self.is_many = is_many
        self._file = file
        self._column = column
        self._most = most_values
        self._found: dict[Value, int] = {}
        # Row groups often have the very same dictionary.
        self._coded: dict[bytes, _Coded] = {}

    def wanted(self, place: int) -> Chunk | None:
        """What `add_codes` wants the pages of; None: `add` does without."""
        chunk = self._file.chunk(place, self._column.name)
        if chunk is None or self.is_many or chunk.nulls == chunk.rows or not chunk.of_dictionary:
            return None
        return chunk if chunk.kind == _BYTES or chunk.kind in _NUMBERS else None

    def add_codes(self, picked: Picked, chunk: Chunk, pages: Sequence[Page]) -> None:
        """Counts in these rows too, of a column that has all values in a dictionary.

        Raises:
            ValueError: the file is not what a part is.
        """
        dictionary, *others = pages
        if not dictionary.is_dictionary:
            raise ValueError("a column does not begin with its dictionary")
        key = bytes(dictionary.stored)
        if key not in self._coded:
            self._coded[key] = _Coded(chunk.kind, dictionary, np.zeros(dictionary.values, np.int64))
        counts = self._coded[key].counts
        self._add_pages(picked, chunk, others, counts)
        self.is_many = bool(np.count_nonzero(counts) > self._most)

    def add(self, picked: Picked) -> None:
        """Counts in these rows too.

        Raises:
            ValueError, OSError: the file is not what a part is.
        """
        chunk = self._file.chunk(picked.place, self._column.name)
        if chunk is None:
            self._add_values(picked, gives_up=False)
        elif chunk.nulls != chunk.rows and (self.is_many or not self._add_values(picked, gives_up=True)):
            self._add_rows(picked, chunk)

    def finish(self) -> tuple[list[Value], list[int]]:
        """The values and in how many rows each is; none where they are too many. Once."""
        for coded in self._coded.values():
            self._note(*self._decoded(coded))
        return ([], []) if self.is_many else (list(self._found), list(self._found.values()))

    def _add_rows(self, picked: Picked, chunk: Chunk) -> None:
        """Only counts the rows that have a value."""
        if chunk.nulls == 0:
            self.rows += picked.rows
        elif chunk.nulls > 0 and picked.kept is None:
            self.rows += chunk.rows - chunk.nulls
        else:
            (pages,) = self._file.pages([chunk])
            if pages is None:
                self._add_values(picked, gives_up=False)
            else:
                self._add_pages(picked, chunk, [page for page in pages if not page.is_dictionary], None)

    def _add_pages(self, picked: Picked, chunk: Chunk, pages: Iterable[Page], counts: NDArray[np.int64] | None) -> None:
        first = 0
        for page in pages:
            self.rows += self._file.kernel.count(
                page.content, page.values, chunk.is_optional, picked.kept, first, counts
            )
            first += page.values

    def _add_values(self, picked: Picked, *, gives_up: bool) -> bool:
        """Counts values; False, and no rows are added, where it gives up because there are too many."""
        first, rows = 0, 0
        for piece in self._file.values(picked.place, self._column.name, _FEW_ROWS):
            there = piece if picked.kept is None else piece.filter(_mask(picked.kept[first : first + len(piece) + 1]))
            there = there.drop_null()
            rows += len(there)
            first += len(piece)
            if not self.is_many:
                self._note_values(there.cast(ARROW_TYPES[self._column.kind]))
            if self.is_many and gives_up:
                return False
        self.rows += rows
        return True

    def _note_values(self, there: pa.Array) -> None:
        if self._column.kind is Kind.FLOAT:
            there = _alike(there)
        values, numbers = pc.value_counts(there).flatten()
        if len(values) > self._most:
            self.is_many = True
        else:
            self._note(values.to_pylist(), numbers.to_pylist())

    def _note(self, values: list[Value], numbers: list[int]) -> None:
        if self._column.kind is Kind.FLOAT:
            # One object for all NaN, which equals nothing but itself.
            values = [math.nan if math.isnan(float(value)) else float(value) + 0.0 for value in values]
        found = self._found
        for value, number in zip(values, numbers, strict=True):
            found[value] = found.get(value, 0) + number
        self.is_many = self.is_many or len(self._found) > self._most

    def _decoded(self, coded: _Coded) -> tuple[list[Value], list[int]]:
        if coded.kind == _BYTES:
            values, numbers = self._file.kernel.texts(coded.page.content, coded.counts)
            return values, numbers
        used = np.flatnonzero(coded.counts)
        stored = np.frombuffer(coded.page.content, _NUMBERS[coded.kind], coded.page.values)[used]
        if self._column.kind is Kind.UINT:
            stored = stored.view("<u8")
        return stored.tolist(), coded.counts[used].tolist()


def _mask(kept: NDArray[np.int32]) -> pa.Array:
    return pa.array(kept[1:] > kept[:-1])


def _alike(values: pa.Array) -> pa.Array:
    """The same doubles, but that each value is spelled in one way: all NaN are one, and so are 0.0 and -0.0."""
    doubles = values.to_numpy(zero_copy_only=False) + 0.0
    return pa.array(np.where(np.isnan(doubles), np.nan, doubles))
