"""Forms of an expression: each has a value in a row."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Literal, TypeAlias

from logstore.errors import Span
from query.lang.nodes.literals import NOWHERE, Bool, Field, Null, Number, Regex, String

Comparator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
ArithmeticOperator: TypeAlias = Literal["+", "-", "*", "/", "%"]


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
