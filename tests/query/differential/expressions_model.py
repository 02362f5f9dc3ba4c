"""Expressions over one row, walked node by node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from logstore.model.levels import normalize_level
from query.lang import nodes
from tests.query.differential import functions
from tests.query.differential.arithmetic import CannotComputeError, arithmetic, negate
from tests.query.differential.literals import instant_span, number_of
from tests.query.differential.matching import matches_parts, search_regex
from tests.query.differential.values import (
    Time,
    Value,
    compare,
    digits_or_text,
    is_nan,
    is_number,
    json_number,
    severity,
    text_of,
)

Row = dict[str, Value]

HOLDS: dict[str, Callable[[int], bool]] = {
    "==": lambda sign: sign == 0,
    "!=": lambda sign: sign != 0,
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}
"""Whether an operator holds for the sign of a comparison."""


@dataclass(slots=True)
class Evaluator:
    """Evaluates expressions as of an instant.

    Attributes:
        now_ns: the start of the query.
        failures: how many values could not be computed so far.
    """

    now_ns: int
    failures: int = field(default=0)

    def value(self, node: nodes.Expression, row: Row) -> Value:
        """The value of any expression; None where it is missing or cannot be computed."""
        try:
            return self._value(node, row)
        except CannotComputeError:
            self.failures += 1
            return None

    def holds(self, node: nodes.Expression, row: Row) -> bool:
        """Whether an expression is the bool true."""
        return self.value(node, row) is True

    def _value(self, node: nodes.Expression, row: Row) -> Value:  # noqa: C901, PLR0911, PLR0912, one case a form
        match node:
            case nodes.Field(name):
                return row.get(name)
            case nodes.Number(text):
                return number_of(text)
            case nodes.String(text) | nodes.Bool(text):
                return text
            case nodes.Null():
                return None
            case nodes.Negative(operand):
                return negate(self.value(operand, row))
            case nodes.Arithmetic(op, left, right):
                return arithmetic(op, self.value(left, row), self.value(right, row))
            case nodes.Coalesce(operands):
                return self._first(operands, row)
            case nodes.Comparison(op, left, right):
                return all(self._compare(left, [(op, right)], row))
            case nodes.Matches(operand, regex, negated):
                return self._matches(operand, regex, row, negated=negated)
            case nodes.Like(operand, pattern):
                text = digits_or_text(self.value(operand, row))
                return text is not None and matches_parts(text, pattern.text, many="%", one="_", escape="\\")
            case nodes.InList(operand, choices, False):
                return any(self._compare(operand, [("==", choice) for choice in choices], row))
            case nodes.InList(operand, choices, True):
                return all(self._compare(operand, [("!=", choice) for choice in choices], row))
            case nodes.Between(operand, low, high):
                return all(self._compare(operand, [(">=", low), ("<=", high)], row))
            case nodes.IsNull(operand, negated):
                return (self.value(operand, row) is None) is not negated
            case nodes.Conjunction(operands):
                return all([self.holds(operand, row) for operand in operands])  # noqa: C419, all are computed, and counted
            case nodes.Disjunction(operands):
                return any([self.holds(operand, row) for operand in operands])  # noqa: C419, likewise
            case nodes.Negation(operand):
                return not self.holds(operand, row)
            case nodes.Call():
                return self._call(node, row)

    def _call(self, node: nodes.Call, row: Row) -> Value:
        if node.name == "now":
            return Time(self.now_ns)
        if node.name == "coalesce":
            return self._first(node.args, row)
        if node.name == "if":
            condition, yes, no = (argument for argument in node.args if not isinstance(argument, nodes.Regex))
            return self.value(yes if self.holds(condition, row) else no, row)
        arguments = [
            argument.pattern if isinstance(argument, nodes.Regex) else self.value(argument, row)
            for argument in node.args
        ]
        if node.name == "bin" and len(arguments) == 1:
            arguments.insert(0, row.get("time"))
        return functions.call(node.name, arguments)

    def _first(self, operands: Sequence[nodes.Expression | nodes.Regex], row: Row) -> Value:
        """The first that is present; those after it are not computed."""
        values = (self.value(operand, row) for operand in operands if not isinstance(operand, nodes.Regex))
        return next((value for value in values if value is not None), None)

    def _matches(self, operand: nodes.Expression, regex: nodes.Regex, row: Row, *, negated: bool) -> bool:
        value = self.value(operand, row)
        if value is None:
            return False
        text = digits_or_text(value)
        found = text is not None and search_regex(text, regex.pattern) is not None
        return found is not negated

    def _compare(self, left: nodes.Expression, tests: Sequence[tuple[str, nodes.Expression]], row: Row) -> list[bool]:
        """Whether each `left operator right` holds; `left` is computed once."""
        value = self.value(left, row)
        return [_holds(op, (left, value), (right, self.value(right, row))) for op, right in tests]


def _holds(op: str, left: tuple[nodes.Expression, Value], right: tuple[nodes.Expression, Value]) -> bool:
    """Whether a comparison of two expressions with these values holds."""
    values = left[1], right[1]
    if None in values or is_nan(values[0]) or is_nan(values[1]):
        return False
    sign = _sign(left[0], right[0], *values)
    return op == "!=" if sign is None else HOLDS[op](sign)


def _sign(left: nodes.Expression, right: nodes.Expression, left_value: Value, right_value: Value) -> int | None:
    """How two present values compare; None when they do not."""
    if isinstance(left, nodes.String) and not isinstance(right, nodes.String):
        mirrored = _sign_with_text(right, right_value, left.text)
        return None if mirrored is None else -mirrored
    if isinstance(right, nodes.String):
        return _sign_with_text(left, left_value, right.text)
    return sign_of_values(left_value, right_value)


def _sign_with_text(node: nodes.Expression, value: Value, literal: str) -> int | None:
    if node == nodes.Field("level"):
        level, other = severity(value), severity(normalize_level(literal))
        if level is not None and other is not None:
            return compare(level, other)
    if isinstance(value, Time):
        span = instant_span(literal)
        return None if span is None else compare(value.ns, span[0])
    text = text_of(value)
    return None if text is None else compare(text, literal)


def sign_of_values(left: Value, right: Value) -> int | None:
    """How two present values, neither a string literal, compare; None when they do not: of kinds apart."""
    if is_number(left) and isinstance(right, str):
        right = json_number(right)
    elif is_number(right) and isinstance(left, str):
        left = json_number(left)
    if left is None or right is None:
        return None
    left_text, right_text = text_of(left), text_of(right)
    if left_text is not None and right_text is not None:
        return compare(left_text, right_text)
    comparable = (is_number(left) and is_number(right)) or type(left) is type(right)
    return compare(left, right) if comparable else None
