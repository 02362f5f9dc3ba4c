"""Values and conditions of the logical plan.

A *value* may be missing. A *condition* is true or not true: there is no third state, so `Not` of it is its opposite.
Literals are settled here (durations are seconds, levels are ranks, times are nanoseconds); what a comparison means for
each kind of value is decided by the node's class, never by the literal's spelling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal, TypeAlias

from logstore.errors import Span
from logstore.model.schema import Kind

if TYPE_CHECKING:
    from query.plan.logical import Plan

Operator: TypeAlias = Literal["==", "<", "<=", ">", ">="]

FLIPPED: dict[Operator, Operator] = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""`a op b` is `b FLIPPED[op] a`."""


# Values


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; instants are nanoseconds. `value` None is the missing value, of any kind."""

    value: bool | int | float | str | None
    kind: Kind


@dataclass(frozen=True, slots=True)
class FieldRef:
    """The value of a field; `span` is where the query names it."""

    name: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language, or an operator by its sign (`+`), or `negative`."""

    function: str
    arguments: tuple[Value, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first that is not missing. Later ones are not computed where an earlier one is present."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """`then` where the condition is true, else `otherwise`; the other one is not computed there."""

    condition: Condition
    then: Value
    otherwise: Value


@dataclass(frozen=True, slots=True)
class Verdict:
    """A condition as a bool value, never missing."""

    condition: Condition


Value: TypeAlias = Constant | FieldRef | Call | Coalesce | Choose | Verdict


# Conditions


@dataclass(frozen=True, slots=True)
class And:
    """All of them; of none: true."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them; of none: false."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    item: Condition


@dataclass(frozen=True, slots=True)
class IsTrue:
    """The value is the bool true."""

    value: Value


@dataclass(frozen=True, slots=True)
class IsPresent:
    """The value is not missing."""

    value: Value


@dataclass(frozen=True, slots=True)
class IsNan:
    """The value is the float NaN."""

    value: Value


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of any kinds.

    Number with number as mathematics has it, number with text that is a JSON number, text and JSON with text and JSON
    by code point, bool with bool, time with time. All else is false, and so is everything with NaN or a missing value.
    """

    operator: Operator
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class NumberTest:
    """The value is a number, or (with `read_text`) text that is a JSON number, that compares so. `number` is no NaN."""

    value: Value
    operator: Operator
    number: int | float
    read_text: bool


@dataclass(frozen=True, slots=True)
class TextTest:
    """The value is text or JSON whose characters compare so, by code point.

    `quoted_number` is the place of a number that was written in quotes, where a field of numbers deserves a notice.
    """

    value: Value
    operator: Operator
    text: str
    quoted_number: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class BoolTest:
    """The value is this bool."""

    value: Value
    truth: bool


@dataclass(frozen=True, slots=True)
class LevelTest:
    """The value is a level whose rank in `schema.LEVELS` compares so."""

    value: Value
    operator: Operator
    rank: int


@dataclass(frozen=True, slots=True)
class TimeTest:
    """The value is a time that compares so."""

    value: Value
    operator: Operator
    ns: int


@dataclass(frozen=True, slots=True)
class Occurs:
    """The characters occur in the text, ASCII case ignored; never empty.

    With `border_before` (`border_after`) the character before (after) them is no word character, or there is none.
    """

    value: Value
    text: str
    border_before: bool
    border_after: bool


@dataclass(frozen=True, slots=True)
class MatchesRegex:
    """Text, JSON or the digits of an integer match an RE2 expression, unanchored."""

    value: Value
    pattern: str
    span: Span | None = field(default=None, compare=False)


class Wild(Enum):
    """A wildcard."""

    ANY = "*"
    """Any characters, also none."""
    ONE = "?"
    """Exactly one character."""


@dataclass(frozen=True, slots=True)
class MatchesPattern:
    """The whole of a text, JSON or the digits of an integer fits; case counts."""

    value: Value
    pieces: tuple[str | Wild, ...]


@dataclass(frozen=True, slots=True)
class InRows:
    """The value equals (as in `Compare`) one in the only column of another query."""

    value: Value
    query: Plan
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class EqualsAny:
    """The value equals (as in `Compare`) one of the constants; of none: false."""

    value: Value
    constants: tuple[Constant, ...]


Condition: TypeAlias = (
    And
    | Or
    | Not
    | IsTrue
    | IsPresent
    | IsNan
    | Compare
    | NumberTest
    | TextTest
    | BoolTest
    | LevelTest
    | TimeTest
    | Occurs
    | MatchesRegex
    | MatchesPattern
    | InRows
    | EqualsAny
)

TRUE = And(())
FALSE = Or(())
