"""Numbers in SQL: exact where DuckDB, which compares BIGINT with DOUBLE by rounding, is not.

The numbers of a value are split in two: whole numbers that were stored as integers, and doubles. NaN compares with
nothing; DuckDB holds it equal to itself and larger than all else, so every use of a double says what becomes of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from logstore.model.schema import Kind
from query.plan.expressions import FLIPPED, Operator
from query.sql import quote
from query.sql.typed import Typed, any_of, coalesce

INT64_MIN, UINT64_MAX = -(2**63), 2**64 - 1
JSON_NUMBER = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"

# Larger than any stored integer, small enough for a HUGEINT: doubles are cut to it before they become integers.
_BEYOND_INTEGERS = "1e20"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers among a value's alternatives; at most one of the two is non-null in a row.

    Attributes:
        whole: integers, BIGINT or (`huge`) HUGEINT; None when there are none.
        double: doubles; None when there are none.
    """

    whole: str | None = None
    double: str | None = None
    huge: bool = False

    @property
    def wide(self) -> str | None:
        """The integers as HUGEINT."""
        return self.whole if self.whole is None or self.huge else f"{self.whole}::HUGEINT"

    @property
    def rounded(self) -> str | None:
        """Any of the numbers as DOUBLE, integers rounded to nearest."""
        parts = [] if self.whole is None else [f"{self.whole}::DOUBLE"]
        return coalesce(parts if self.double is None else [*parts, self.double])

    @property
    def known(self) -> bool:
        """Whether there can be any number at all."""
        return self.whole is not None or self.double is not None


def numbers_of(value: Typed) -> Numbers:
    """The numbers among the alternatives of a value."""
    small, large, double = value.get(Kind.INT), value.get(Kind.UINT), value.get(Kind.FLOAT)
    if large is None:
        return Numbers(small, double)
    if small is None:
        return Numbers(f"{large}::HUGEINT", double, huge=True)
    return Numbers(f"coalesce({small}::HUGEINT, {large}::HUGEINT)", double, huge=True)


def numbers_in_text(text: str) -> Numbers:
    """The numbers that texts are whose whole is a JSON number; `text` should be a plain column, it is used often."""
    number = f"CASE WHEN regexp_full_match({text}, {quote.text(JSON_NUMBER)}) THEN {text} END"
    huge = f"CASE WHEN regexp_full_match({text}, '-?(0|[1-9][0-9]*)') THEN TRY_CAST({text} AS HUGEINT) END"
    low, high = quote.integer(INT64_MIN), quote.integer(UINT64_MAX)
    whole = f"CASE WHEN {huge} BETWEEN {low} AND {high} THEN {huge} END"
    double = f"CASE WHEN ({huge} BETWEEN {low} AND {high}) IS NOT TRUE THEN TRY_CAST({number} AS DOUBLE) END"
    return Numbers(f"({whole})", f"({double})", huge=True)


def is_nan(double: str) -> str:
    """A condition: the double is NaN.

    What Parquet files tell of the least and the largest value of a column leaves NaN out, and DuckDB takes it that
    there is none: it does not run `isnan` of such a column then, nor `<` where all of those values are less. Of what
    `even` gives, which is NaN just when its argument is, DuckDB concludes nothing.
    """
    return f"isnan(even({double}))"


def compares(left: Numbers, operator: Operator, right: Numbers) -> str:
    """A condition: `left operator right` as mathematics has it, false with NaN."""
    pairs = []
    if left.whole and right.whole:
        pairs.append(f"{left.whole} {_SQL[operator]} {right.whole}")
    if left.double and right.double:
        numbers = f"NOT {is_nan(left.double)} AND NOT {is_nan(right.double)}"
        pairs.append(f"({left.double} {_SQL[operator]} {right.double} AND {numbers})")
    if left.wide and right.double:
        pairs.append(_whole_against_double(left.wide, operator, right.double))
    if left.double and right.wide:
        pairs.append(_whole_against_double(right.wide, FLIPPED[operator], left.double))
    return any_of(pairs)


_SQL: dict[Operator, str] = {"==": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

# i < d is i < ceil(d) for an integer i, and so on: both sides are integers then, and nothing is rounded.
_ROUNDING: dict[Operator, str] = {"==": "floor", "<": "ceil", "<=": "floor", ">": "floor", ">=": "ceil"}


def _whole_against_double(whole: str, operator: Operator, double: str) -> str:
    bounded = f"greatest(least({double}, {_BEYOND_INTEGERS}), -{_BEYOND_INTEGERS})"
    exact = f"{whole} {_SQL[operator]} {_ROUNDING[operator]}({bounded})::HUGEINT AND NOT {is_nan(double)}"
    return f"({exact} AND floor({double}) = {double})" if operator == "==" else f"({exact})"


def compares_literal(numbers: Numbers, operator: Operator, literal: float) -> str:
    """A condition: each number against a literal (no NaN), as one plain comparison wherever possible."""
    parts = []
    if numbers.whole is not None:
        parts.append(_whole_against_literal(numbers.whole, operator, literal))
    if numbers.double is not None:
        parts.append(_double_against_literal(numbers.double, operator, literal))
    return any_of(part for part in parts if part != "false")


def _whole_against_literal(whole: str, operator: Operator, literal: float) -> str:
    if not INT64_MIN <= literal <= UINT64_MAX:
        below = literal > 0
        return f"{whole} IS NOT NULL" if operator.startswith("<") == below and operator != "==" else "false"
    if literal == int(literal):
        return f"{whole} {_SQL[operator]} {quote.integer(int(literal))}"
    if operator == "==":
        return "false"
    bound = math.ceil(literal) if _ROUNDING[operator] == "ceil" else math.floor(literal)
    return f"{whole} {_SQL[operator]} {quote.integer(bound)}"


def _double_against_literal(double: str, operator: Operator, literal: float) -> str:
    nearest = float(literal)
    if nearest != literal:
        # No double equals this integer: its neighbours on either side bound the same doubles.
        if operator == "==":
            return "false"
        below = nearest if nearest < literal else math.nextafter(nearest, -math.inf)
        above = nearest if nearest > literal else math.nextafter(nearest, math.inf)
        operator, nearest = ("<=", below) if operator.startswith("<") else (">=", above)
    test = f"{double} {_SQL[operator]} {quote.double(nearest)}"
    return f"({test} AND NOT {is_nan(double)})"


def parity_key(numbers: Numbers) -> list[str]:
    """Expressions that are equal in two rows just when their numbers are: 1 and 1.0 are, so are NaN and NaN."""
    if numbers.double is None:
        return [] if numbers.whole is None else [numbers.whole]
    double = f"({numbers.double} + 0.0)"  # makes -0.0 into 0.0
    if numbers.wide is None:
        return [double]
    integral = f"(floor({double}) = {double} AND abs({double}) < {_BEYOND_INTEGERS})"
    # DuckDB may cast before it looks at the condition, NaN too: hence TRY_CAST.
    return [
        f"coalesce({numbers.wide}, CASE WHEN {integral} THEN TRY_CAST({double} AS HUGEINT) END)",
        f"CASE WHEN NOT {integral} THEN {double} END",
    ]


def order_key(numbers: Numbers) -> list[str]:
    """Expressions whose order is that of the numbers, NaN last: the rounded number, then what rounding took."""
    if numbers.double is None:
        return [] if numbers.whole is None else [numbers.whole]
    if numbers.wide is None:
        return [f"({numbers.double} + 0.0)"]
    rounded = f"coalesce({numbers.whole}::DOUBLE, {numbers.double} + 0.0)"
    return [rounded, f"coalesce({numbers.wide} - {numbers.whole}::DOUBLE::HUGEINT, 0)"]
