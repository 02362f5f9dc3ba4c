"""Values that are counted apart from the database: which, and as which table they come. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from logstore.model.schema import ARROW_TYPES, Kind
from logstore.model.snapshot import Part
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.sql.more import MORE_KINDS
from query.sql.typed import Typed

FIELD, NUMBER = "field", "n"

VALUES: Mapping[Kind, str] = {kind: f"of_{kind.value}" for kind in MORE_KINDS}
"""The columns with the values, by their kind."""

SCHEMA = pa.schema(
    [(FIELD, pa.string()), *((name, ARROW_TYPES[kind]) for kind, name in VALUES.items()), (NUMBER, pa.int64())]
)
"""A row for each value of each column of each part, with the number of rows that have it. Too many of them are one row
without a value."""

VALUE = Typed(VALUES)


@dataclass(frozen=True, slots=True)
class Selection:
    """Parts of which only some events are counted.

    Attributes:
        sql: a statement by itself, which yields the sequence numbers of these events in one column.
        parts: those that it reads.
    """

    sql: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class CountedParts:
    """How often each value occurs in the columns of some parts, but for `time` and `_seq`.

    Attributes:
        name: of the table, which must be registered before the statement runs.
        row_groups: those of each part that are looked at, by their places.
        most_values: a column that has more has too many.
        window: only events of this time, of parts that are in no selection.
        whole: parts of which no event is left out but by the window.
        selections: other parts.
    """

    name: str
    row_groups: Mapping[str, tuple[int, ...]]
    most_values: int
    window: TimeSpan = EVERYTHING
    whole: tuple[Part, ...] = ()
    selections: tuple[Selection, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All of them."""
        return *self.whole, *(part for each in self.selections for part in each.parts)


@dataclass(frozen=True, slots=True)
class CountedApart:
    """Values of events that are none of a statement's rows.

    Attributes:
        table: name of the table with those of fields that have columns.
        rest: a relation of one column, `more`: their fields that have no columns; None where all have.
    """

    table: str
    rest: str | None
