"""Forms of a search: each is true or false of an event."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Literal, TypeAlias

from logstore.errors import Span
from query.lang.nodes.literals import NOWHERE, Choice, Field, Number, Pattern, Regex, Time, Value

if TYPE_CHECKING:
    from query.lang.nodes.query import Query

Order: TypeAlias = Literal["<", "<=", ">", ">="]


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
