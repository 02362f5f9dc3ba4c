"""A list of known rows as an answer, so that every format can write it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from logstore.app.answers import Answer
from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape
from logstore.errors import CallerError
from logstore.model.schema import ARROW_TYPES, Column, Kind

ListColumn = tuple[str, Kind]
"""Name and kind of a column."""

MOST_ROWS = 100_000
"""Rows that are listed at most: all of a list is in memory at once."""


def check_limit(limit: int) -> None:
    """Refuses more rows than can be listed.

    Raises:
        CallerError: it is too many.
    """
    if limit > MOST_ROWS:
        raise CallerError(f"limit is above {MOST_ROWS:,}", "ask for a part: a window of time, a tag, a sender")


@dataclass(frozen=True, slots=True)
class Listing:
    """See `logstore.app.answers.Answer`; all of it is known before it is asked for."""

    columns: tuple[ListColumn, ...]
    rows: pa.RecordBatch
    said: Facts

    @property
    def shape(self) -> Shape:
        """The columns of the batch."""
        return Shape(tuple(Column(name, name, kind) for name, kind in self.columns))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows."""
        if self.rows.num_rows:
            yield self.rows

    @property
    def is_partial(self) -> bool:
        """Never: lists tell of what is unreadable in a notice."""
        return False

    def facts(self) -> Facts:
        """How many they are, and what is remarkable."""
        return self.said


def list_rows(
    columns: tuple[ListColumn, ...], rows: Sequence[Mapping[str, Any]], *, cut: bool, notices: Sequence[str] = ()
) -> Listing:
    """A list of rows; a column that a row lacks is null in it. `cut` says that there are more."""
    arrays = [pa.array([row.get(name) for row in rows], ARROW_TYPES[kind]) for name, kind in columns]
    batch = pa.RecordBatch.from_arrays(arrays, names=[name for name, _ in columns])
    return Listing(columns, batch, Facts(rows=len(rows), cut_at=len(rows) if cut else None, notices=tuple(notices)))


class Brief:
    """An answer with the columns that people look at first, of those the ones that have a value somewhere.

    Holds all rows in memory: for answers that are bounded.
    """

    def __init__(self, answer: Answer, fields: Collection[str]) -> None:
        self._answer = answer
        self._batches = list(answer.batches())
        columns = answer.shape.columns
        self._kept = [
            at
            for at, column in enumerate(columns)
            if column.field in fields and any(batch.column(at).null_count < len(batch) for batch in self._batches)
        ]
        self.shape = Shape(tuple(columns[at] for at in self._kept))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows."""
        return (batch.select(self._kept) for batch in self._batches)

    @property
    def is_partial(self) -> bool:
        """Never: lists tell of what is unreadable in a notice."""
        return False

    def facts(self) -> Facts:
        """Those of the whole answer."""
        return self._answer.facts()
