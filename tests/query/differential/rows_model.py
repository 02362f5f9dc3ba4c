"""Rows between stages, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.query.differential.expressions_model import Row


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that a row stems from: its time and `_seq`; `tie` orders the rows of one event."""

    time: int
    seq: int
    tie: tuple[int, ...] = ()

    def newest_first(self) -> tuple[int, int, tuple[int, ...]]:
        """The key of the natural order."""
        return -self.time, -self.seq, self.tie


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in their current order.

    Attributes:
        rows: field to value; what is missing is not in it.
        origins: the event of each row; None once rows are no longer events.
        columns: their columns in order; None while they are open.
        shaped: whether the query itself ordered or limited them.
    """

    rows: list[Row]
    origins: list[Origin] | None
    columns: tuple[str, ...] | None = None
    shaped: bool = False

    def chosen(self, places: Sequence[int]) -> Rows:
        """The rows at these places, in that order."""
        origins = None if self.origins is None else [self.origins[place] for place in places]
        return replace(self, rows=[self.rows[place] for place in places], origins=origins)


def present(row: Row) -> Row:
    """A row without its missing values."""
    return {field: value for field, value in row.items() if value is not None}
