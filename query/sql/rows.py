"""Rows on their way through the stages: a relation, and what its columns mean.

Columns of relations have names that we make up (`f1`, `x7`): field names never become column names, so no sender's key
can collide with another, with an alias or with a function. Renaming, dropping and choosing columns change the map
alone; the database leaves out of the scan what nothing refers to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from logstore.model.schema import LEVEL, MESSAGE, SEQ, TAG, TIME, Kind
from query.sql.counted_parts import CountedApart
from query.sql.order import SortTerm
from query.sql.typed import Typed

FIRST_FIELDS = (TIME, LEVEL, TAG, MESSAGE)
"""The fields that lead every event row, in this order; the others follow by name."""


@dataclass(frozen=True, slots=True)
class Address:
    """The hidden columns that every event row carries, whatever becomes of its fields.

    `ties` are columns of whole numbers: by them, ascending, come the rows of one event where there may be several.
    """

    time: str
    seq: str
    ties: tuple[str, ...] = ()

    def newest_first(self) -> tuple[SortTerm, ...]:
        """The natural order of events."""
        return SortTerm(self.time, descending=True), SortTerm(self.seq, descending=True), *map(SortTerm, self.ties)


@dataclass(frozen=True, slots=True)
class Rows:
    """A relation and the meaning of its columns.

    Attributes:
        relation: its name in the statement.
        fields: value of each known field. On closed rows in the order of the columns.
        address: of event rows, else None.
        order: the current order.
        closed: the fields are these and no others; else any other name is a field that is missing in every row.
        is_arranged: the fields stand in the order of the columns, though there may be others.
        gone: names that a stage took away.
        more: column with the map of the fields that nobody named, if any.
        hidden: fields that can be named but are not shown.
        known: the fields that events within the bounds have as columns, also those that are not read, with the kinds
            of their values.
        least: by name of a column what its values are at least, where statistics tell.
        counted: the values of more events, which are none of these rows; of rows that go right into `facets`.
        is_empty: whether there are no rows but those.
        more_within: whether some events within the bounds keep fields in `_more`, so that any name may exist.
    """

    relation: str
    fields: Mapping[str, Typed]
    address: Address | None = None
    order: tuple[SortTerm, ...] = ()
    closed: bool = False
    is_arranged: bool = False
    gone: frozenset[str] = frozenset()
    more: str | None = None
    hidden: frozenset[str] = frozenset()
    known: Mapping[str, frozenset[Kind]] = field(default_factory=dict)
    more_within: bool = False
    counted: CountedApart | None = None
    is_empty: bool = False
    least: Mapping[str, int] = field(default_factory=dict)

    def at(self, relation: str) -> Rows:
        """The same columns in another relation that has them too."""
        return replace(self, relation=relation)

    def with_field(self, name: str, value: Typed) -> Rows:
        """A field added, or replaced in its place."""
        value = Typed(value.kinds, severity=name == LEVEL)
        return replace(self, fields={**self.fields, name: value}, gone=self.gone - {name}, hidden=self.hidden - {name})

    def shown(self) -> dict[str, Typed]:
        """The fields of the result, in the order of its columns."""
        visible = {name: value for name, value in self.fields.items() if name not in self.hidden}
        if self.closed or self.is_arranged or self.address is None:
            return visible
        first = [name for name in FIRST_FIELDS if name in visible]
        rest = sorted(name for name in visible if name not in FIRST_FIELDS)
        return {name: visible[name] for name in first + rest}


UNSHOWN = frozenset({SEQ})
"""Hidden fields of events as they were scanned."""
