"""The syntax tree of a query: one frozen class per form, nothing decided yet but the grammar.

Rules that hold for every node:

* Equality ignores `span`, so a tree equals the tree of its canonical text (`unparse`).
* Texts are decoded (escapes and quotes gone); `unparse` puts them back.
* `And`, `Or`, `Conjunction`, `Disjunction` and `Coalesce` have two operands or more. They nest only where the text had
  parentheses.
* A tree is at most `limits.MAX_DEPTH` nodes deep, so recursive visitors are safe.

Visit by `match` over the unions `Search`, `Expression` and `Stage`; mypy then checks that no form is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from enum import Enum
from typing import Literal, TypeAlias

from logstore.errors import Span
from query.lang import values

NOWHERE = Span(0, 0)
"""Span of a node that was made by a program."""

Order: TypeAlias = Literal["<", "<=", ">", ">="]
Comparator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
ArithmeticOperator: TypeAlias = Literal["+", "-", "*", "/", "%"]


# Names and literals


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its name: case-sensitive, any characters, perhaps none. Also an expression."""

    name: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldPrefix:
    """`kube*` in `fields` and `drop`: every field whose name starts so. An empty prefix is every field."""

    prefix: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


FieldChoice: TypeAlias = Field | FieldPrefix


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a field test, as typed.

    Quoted, it is text and nothing else. Unquoted, it is never empty and may also mean a number or a bool.
    """

    text: str
    quoted: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def number(self) -> int | float | None:
        """The number meant (durations in seconds, sizes in bytes); None when quoted or not a number."""
        return None if self.quoted else values.number_of(self.text)

    @property
    def boolean(self) -> bool | None:
        """The bool meant; None when quoted or neither `true` nor `false`."""
        return None if self.quoted else {"true": True, "false": False}.get(self.text)


class Wild(Enum):
    """A wildcard outside quotes."""

    ANY = "*"
    """Any characters, also none."""
    ONE = "?"
    """Exactly one character."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A value with wildcards, over the whole value and case-sensitive.

    `pieces` are literal texts (never empty, never two in a row) and wildcards, at least one; never a lone `*`.
    """

    pieces: tuple[str | Wild, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


Choice: TypeAlias = Value | Pattern


@dataclass(frozen=True, slots=True)
class Regex:
    r"""An RE2 expression, unanchored, case as written. In the query's text `\"` stands for `"`, all else for itself."""

    pattern: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Time:
    """A time literal, as typed; `values.time_of(text)` is never None."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def point(self) -> values.TimePoint:
        """The instant meant, and the length of the unit it names."""
        point = values.time_of(self.text)
        if point is None:
            raise ValueError(self.text)
        return point


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal, as typed: a JSON number, a duration (seconds) or a size (bytes)."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def value(self) -> int | float:
        """The number meant."""
        value = values.number_of(self.text)
        if value is None:
            raise ValueError(self.text)
        return value

    @property
    def nanoseconds(self) -> int | None:
        """The number as seconds, in nanoseconds; None when that does not fit int64."""
        return values.nanoseconds_of(self.text)


@dataclass(frozen=True, slots=True)
class String:
    """A string literal, decoded."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def point(self) -> values.TimePoint | None:
        """The instant meant, if the text is a time literal."""
        return values.time_of(self.text)


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`."""

    value: bool
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Null:
    """`null`."""

    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


# Search


@dataclass(frozen=True, slots=True)
class Everything:
    """`*`, and the empty text."""

    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Word:
    """`message` holds this word (see `logstore.model.words`); ASCII case is ignored. `text` is one word."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Prefix:
    """`err*`: these characters occur in `message`, with a word border before them. Never empty.

    ASCII case is ignored. The border is asked for only if the first character is a word character, as in `Phrase`.
    """

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Suffix:
    """`*fail`: these characters occur in `message`, with a word border after them. The mirror image of `Prefix`."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Substring:
    """`*mid*`: these characters occur in `message`, borders or not. ASCII case is ignored. Never empty."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Phrase:
    """`"a phrase"`, and a bare term that is not one word: these characters occur between word borders. Never empty.

    ASCII case is ignored. A border is asked for only beside a word character of the phrase: the character of `message`
    before (after) it is then no word character, or there is none.
    """

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MessageRegex:
    """`~"re"`: `message` matches."""

    regex: Regex
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldEquals:
    """`field:value`. Never on `time`, which has terms of its own."""

    field: Field
    value: Value
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldMatches:
    """`field:val*`. Never on `time`."""

    field: Field
    pattern: Pattern
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldOneOf:
    """`field:(a, b*, c)`: any of one or more. Never on `time`."""

    field: Field
    choices: tuple[Choice, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldCompare:
    """`field:>5`. Never on `time`."""

    field: Field
    op: Order
    value: Value
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldRange:
    """`field:1..10`, both ends included. Never on `time`."""

    field: Field
    low: Value
    high: Value
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldRegex:
    """`field:~"re"`. Never on `time`."""

    field: Field
    regex: Regex
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldPresent:
    """`field:*`."""

    field: Field
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldIn:
    """`field:in(query)`: the value is in the subquery's only column. Never on `time`."""

    field: Field
    query: Query
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TimeWithin:
    """`time:15m`: the last 15 minutes, [now - 15m, now]. Positive."""

    length: Number
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TimeAt:
    """`time:2026-11-22T10`: within the unit that the literal names."""

    at: Time
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TimeCompare:
    """`time:>=2026-11-22`: against the instant at which the literal starts."""

    op: Order
    at: Time
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """`time:A..B`: [A, B), from the start of A to the start of B."""

    low: Time
    high: Time
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more."""

    terms: tuple[Search, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more."""

    terms: tuple[Search, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """`-a`, `NOT a`."""

    term: Search
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


TimeTerm: TypeAlias = TimeWithin | TimeAt | TimeCompare | TimeRange
MessageTerm: TypeAlias = Word | Prefix | Suffix | Substring | Phrase | MessageRegex
FieldTerm: TypeAlias = (
    FieldEquals | FieldMatches | FieldOneOf | FieldCompare | FieldRange | FieldRegex | FieldPresent | FieldIn
)
Search: TypeAlias = Everything | MessageTerm | FieldTerm | TimeTerm | And | Or | Not


# Expressions


@dataclass(frozen=True, slots=True)
class Negative:
    """`-x`, of an operand that is not a number literal."""

    operand: Expression
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`a + b`."""

    op: ArithmeticOperator
    left: Expression
    right: Expression
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Coalesce:
    """`a ?? b ?? c`: the first that is not missing; two or more."""

    operands: tuple[Expression, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b`; neither side is `Null`."""

    op: Comparator
    left: Expression
    right: Expression
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Matches:
    """`a ~ "re"`, `a !~ "re"`: both false on a missing value."""

    operand: Expression
    regex: Regex
    negated: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Like:
    """`a like "x%"`: `%` any characters, `_` one, a backslash before either takes it as it stands."""

    operand: Expression
    pattern: String
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InList:
    """`a in (x, y)`, `a not in (x, y)`: `==` any of one or more; `!=` all of them."""

    operand: Expression
    choices: tuple[Expression, ...]
    negated: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Between:
    """`a between low and high`: `a >= low and a <= high`."""

    operand: Expression
    low: Expression
    high: Expression
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    """`a is null`, `a is not null`."""

    operand: Expression
    negated: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Conjunction:
    """`a and b and c`; two or more."""

    operands: tuple[Expression, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Disjunction:
    """`a or b or c`; two or more."""

    operands: tuple[Expression, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negation:
    """`not a`."""

    operand: Expression
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`name(a, b)`: a function of `functions.FUNCTIONS`; inside `Aggregation` one of `functions.AGGREGATES`.

    A parameter that is a regular expression has a `Regex` as its argument; no other has.
    """

    name: str
    args: tuple[Expression | Regex, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


Predicate: TypeAlias = Comparison | Matches | Like | InList | Between | IsNull
Expression: TypeAlias = (
    Field
    | Number
    | String
    | Bool
    | Null
    | Negative
    | Arithmetic
    | Coalesce
    | Predicate
    | Conjunction
    | Disjunction
    | Negation
    | Call
)


# Stages


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


Stage: TypeAlias = Where | Let | Fields | Drop | Rename | Stats | Count | Top | Rare | Sort | Limit | Dedup


@dataclass(frozen=True, slots=True)
class Query:
    """A search, then stages."""

    search: Search
    stages: tuple[Stage, ...] = ()
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


Node: TypeAlias = (
    Query
    | Search
    | Stage
    | Expression
    | Choice
    | FieldChoice
    | Regex
    | Time
    | Assignment
    | Renaming
    | Aggregation
    | Grouping
    | SortKey
)
