"""Forms of a stage: each makes rows of rows."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Literal, TypeAlias

from logstore.errors import Span
from query.lang.nodes.expressions import Call, Expression
from query.lang.nodes.literals import NOWHERE, Field, FieldChoice, Number, Regex, String

if TYPE_CHECKING:
    from query.lang.nodes.query import Query


@dataclass(frozen=True, slots=True)
class Where:
    """`where EXPR`."""

    condition: Expression
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`x = EXPR`."""

    target: Field
    value: Expression
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Let:
    """`let x = EXPR, y = EXPR`; a later one may use an earlier one."""

    assignments: tuple[Assignment, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parse:
    """`parse "lit <name>" from f` (see `templates`), `parse ~"re" from f`."""

    pattern: String | Regex
    source: Field
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


TextForm: TypeAlias = Literal["json", "logfmt"]


@dataclass(frozen=True, slots=True)
class Unpack:
    """`json f as prefix`, `logfmt f as prefix`: all fields of a structured text."""

    form: TextForm
    source: Field
    prefix: Field | None = None
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fields:
    """`fields a, b*`: these columns, in this order."""

    choices: tuple[FieldChoice, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """`drop a, b*`: all columns but these."""

    choices: tuple[FieldChoice, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Renaming:
    """`a as b`."""

    old: Field
    new: Field
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rename:
    """`rename a as b, c as d`: one after the other."""

    renamings: tuple[Renaming, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`AGG` or `AGG as n`; its column is `naming.aggregation_name(...)`."""

    call: Call
    alias: Field | None = None
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Grouping:
    """`EXPR` or `EXPR as n` after `by`; its column is `naming.grouping_name(...)`."""

    key: Expression
    alias: Field | None = None
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Stats:
    """`stats AGG, ... by EXPR, ...`."""

    aggregations: tuple[Aggregation, ...]
    by: tuple[Grouping, ...] = ()
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Count:
    """`count by EXPR, ...`: the same as `stats count() by ...`."""

    by: tuple[Grouping, ...] = ()
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Top:
    """`top N f, g`: the N most frequent combinations."""

    limit: int
    fields: tuple[Field, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rare:
    """`rare N f, g`: the N least frequent combinations."""

    limit: int
    fields: tuple[Field, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Facets:
    """`facets N`: the N most frequent values of every field."""

    limit: int
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SortKey:
    """`f` or `-f`."""

    field: Field
    descending: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sort:
    """`sort f, -g`."""

    keys: tuple[SortKey, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Limit:
    """`limit N`: the first N; 0 or more."""

    count: int
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Dedup:
    """`dedup f, g [keep newest]`: one row per combination of values."""

    fields: tuple[Field, ...]
    keep_newest: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Patterns:
    """`patterns f`: the templates of the texts in a field; `patterns` of those in `message`."""

    field: Field
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """`sample N`: N rows, drawn; 0 or more."""

    count: int
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Union:
    """`union (query)`: the rows of both."""

    query: Query
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sessions:
    """`sessions f gap 30s`: the rows of one `f`, parted where none came for longer than the gap."""

    field: Field
    gap: Number
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Join:
    """`join (query) on f, g`: rows with those of the query that have equal values; with `left` all rows are kept."""

    query: Query
    fields: tuple[Field, ...]
    left: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`compare 1d`: the groups before it beside those of so much earlier."""

    length: Number
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Context:
    """`context -N +M by f, g`: the lines around each row, of those with the same values; by default the same tag."""

    before: int
    after: int
    by: tuple[Field, ...] = ()
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


Stage: TypeAlias = (
    Where
    | Let
    | Parse
    | Unpack
    | Fields
    | Drop
    | Rename
    | Stats
    | Count
    | Top
    | Rare
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
)
