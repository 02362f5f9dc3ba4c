"""The logical plan: a chain of frozen nodes from `Scan` upwards. It knows nothing of syntax nor of any database.

Every node but `Scan` has an `input`; some have an `other` plan beside it (`TWO_INPUTS`). Rows that stem from events one
by one (*event rows*) keep the events' natural order, newest first, until a `Sort`; rows of aggregations come in the
order that their node names.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Literal, TypeAlias

from logstore.errors import Span
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.plan.around import Lines
from query.plan.expressions import Condition, Constant, FieldRef, Value


@dataclass(frozen=True, slots=True)
class Scan:
    """All events whose time lies in the window.

    `fields` are the fields that anything above looks at (`_seq` and `time` may be read besides); None: all of them.
    Times are `moved_ns` later than those of the events; the window is one of the moved times.
    """

    window: TimeSpan = EVERYTHING
    fields: frozenset[str] | None = None
    moved_ns: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows where the condition is true."""

    input: Plan
    condition: Condition


@dataclass(frozen=True, slots=True)
class Extend:
    """Fields added or replaced, one after the other: a later value may use an earlier field."""

    input: Plan
    assignments: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a regular expression: the field that it becomes, if any, and whether that is a number."""

    name: str | None
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Parse:
    """Fields added or replaced by what the groups of an RE2 expression match first; missing where it does not fit."""

    input: Plan
    source: FieldRef
    pattern: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Unpack:
    """The fields of a structured text, `prefix` and a dot before their names; those that a row has already stay."""

    input: Plan
    form: Literal["json", "logfmt"]
    source: FieldRef
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A field by its name, or (`prefix`) every field whose name starts so."""

    name: str
    prefix: bool = False
    span: Span | None = attribute(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Project:
    """These columns in this order, a column named twice once. No other field can be named afterwards."""

    input: Plan
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """All columns but these."""

    input: Plan
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Rename:
    """Columns under new names, one after the other; a column that already has the new name is replaced."""

    input: Plan
    renamings: tuple[tuple[FieldRef, str], ...]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One aggregate: its column's name, the function, its value or condition, its literal arguments."""

    name: str
    function: str
    argument: Value | Condition | None = None
    constants: tuple[Constant, ...] = ()
    span: Span | None = attribute(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Groups by equal values (missing is one), ordered by them; without groups exactly one row.

    `seconds` is what `rate` divides by: the width of the time bin among the groups, else the length of the query's
    window; None when it has no end.
    """

    input: Plan
    aggregations: tuple[Aggregation, ...]
    groups: tuple[tuple[str, Value], ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Top:
    """The `limit` most (with `rare`: least) frequent combinations with their count and share, by that count."""

    input: Plan
    fields: tuple[FieldRef, ...]
    limit: int
    rare: bool = False


@dataclass(frozen=True, slots=True)
class Facets:
    """The `limit` most frequent values of every field but `time`, with their count and share among its values.

    A field with too many values has one row, without a value.

    Attributes:
        plenty: fields that are known to have too many; None: nobody looked.
    """

    input: Plan
    limit: int
    plenty: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field, ascending or descending; missing values last either way."""

    field: FieldRef
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """A new order; ties as in the natural order, or by all columns where there is none."""

    input: Plan
    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """The first `count` rows in the current order."""

    input: Plan
    count: int


@dataclass(frozen=True, slots=True)
class Dedup:
    """One row per combination of values: of events the oldest or `newest`, of other rows the first."""

    input: Plan
    fields: tuple[FieldRef, ...]
    keep: Literal["oldest", "newest"] = "oldest"


@dataclass(frozen=True, slots=True)
class Patterns:
    """A row per template of the texts in a field, by falling count; rows without a text there are left out."""

    input: Plan
    field: FieldRef


@dataclass(frozen=True, slots=True)
class Sample:
    """`count` rows, which ones depends on `_seq` alone; of rows that are no events, on their places in the order."""

    input: Plan
    count: int


@dataclass(frozen=True, slots=True)
class Sessions:
    """The events of each value of a field, parted where none came for longer than the gap; by their start."""

    input: Plan
    by: FieldRef
    gap_ns: int
    span: Span | None = attribute(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of both. Events in their natural order, of one event the row of `input` first; else `input` first."""

    input: Plan
    other: Plan
    span: Span | None = attribute(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Join:
    """Each row of `input` with every row of `other` whose values of the fields are equal, as in `Compare`.

    The fields of `other` replace those of the same names, but for the ones that the join goes by. `keep_all`: rows
    that nothing goes with are kept, without the other's fields.
    """

    input: Plan
    other: Plan
    fields: tuple[FieldRef, ...]
    keep_all: bool = False
    span: Span | None = attribute(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """The groups of `input` beside those of `other`, the same aggregation over an earlier time.

    `groups` and `values` are the columns of either; of the `numeric` values there is a change.
    """

    input: Plan
    other: Plan
    groups: tuple[str, ...]
    values: tuple[str, ...]
    numeric: frozenset[str]


@dataclass(frozen=True, slots=True)
class Context:
    """The lines around each event row: `before` and `after` it among those with the same values of the fields.

    A wish: it must be replaced by `Picked` before it can be compiled.
    """

    input: Plan
    before: int
    after: int
    by: tuple[FieldRef, ...]
    span: Span | None = attribute(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Picked:
    """These events of `input`, marked in the fields `MATCH` and `GROUP`; by group, newest first in each."""

    input: Plan
    lines: Lines


MATCH, GROUP = "match", "context"
"""Fields that `Picked` adds: whether the event is a match, and the number of the context that it is in."""


Plan: TypeAlias = (
    Scan
    | Filter
    | Extend
    | Parse
    | Unpack
    | Project
    | Drop
    | Rename
    | Aggregate
    | Top
    | Facets
    | Sort
    | Limit
    | Dedup
    | Sample
    | Sessions
    | Union
    | Join
    | Patterns
    | Compare
    | Context
    | Picked
)

TWO_INPUTS = (Union, Join, Compare)
"""The nodes that have an `other` plan beside their `input`."""
