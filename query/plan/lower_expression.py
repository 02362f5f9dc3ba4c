"""Expressions as values and conditions of the plan."""

from __future__ import annotations

import ipaddress
import re

from logstore.errors import QueryError
from logstore.model.levels import normalize_level, severity
from logstore.model.schema import LEVEL, LEVELS, TIME, Kind
from query.lang import nodes
from query.lang.values import number_of
from query.plan import expressions as plan
from query.plan.regex import capture_groups

# What strftime of DuckDB knows and what is sound on microseconds.
_TIME_FORMAT = re.compile(r"(?:[^%]|%-?[aAwdbBmyYHIpMSfjUWuVGzZcxXg%])*", re.DOTALL)


class ExpressionLowering:
    """Lowers expressions of a query that started at `now_ns`."""

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns

    def value(self, node: nodes.Expression) -> plan.Value:  # noqa: PLR0911, one case a form
        """The value of any expression."""
        match node:
            case nodes.Field(name):
                return plan.FieldRef(name, node.span)
            case nodes.Number():
                return plan.Constant(node.value, Kind.FLOAT if isinstance(node.value, float) else Kind.INT)
            case nodes.String(text):
                return plan.Constant(text, Kind.TEXT)
            case nodes.Bool(truth):
                return plan.Constant(truth, Kind.BOOL)
            case nodes.Null():
                return plan.Constant(None, Kind.TEXT)
            case nodes.Negative(operand):
                return plan.Call("negative", (self.value(operand),), node.span)
            case nodes.Arithmetic(op, left, right):
                return plan.Call(op, (self.value(left), self.value(right)), node.span)
            case nodes.Coalesce(operands):
                return plan.Coalesce(tuple(map(self.value, operands)))
            case nodes.Call():
                return self._call(node)
            case _:
                return plan.Verdict(self.condition(node))

    def condition(self, node: nodes.Expression) -> plan.Condition:  # noqa: PLR0911, one case a form
        """The condition that an expression is the bool true."""
        match node:
            case nodes.Comparison(op, left, right):
                return self._comparison(op, left, right)
            case nodes.Matches(operand, regex, negated):
                return self._matches(operand, regex, negated=negated)
            case nodes.Like(operand, pattern):
                return plan.MatchesPattern(self.value(operand), _like_pieces(pattern.text))
            case nodes.InList(operand, choices, negated):
                tests = tuple(self._comparison("!=" if negated else "==", operand, choice) for choice in choices)
                return plan.And(tests) if negated else plan.Or(tests)
            case nodes.Between(operand, low, high):
                return plan.And((self._comparison(">=", operand, low), self._comparison("<=", operand, high)))
            case nodes.IsNull(operand, negated):
                present = plan.IsPresent(self.value(operand))
                return present if negated else plan.Not(present)
            case nodes.Conjunction(operands):
                return plan.And(tuple(map(self.condition, operands)))
            case nodes.Disjunction(operands):
                return plan.Or(tuple(map(self.condition, operands)))
            case nodes.Negation(operand):
                return plan.Not(self.condition(operand))
            case _:
                return plan.IsTrue(self.value(node))

    def _comparison(self, op: nodes.Comparator, left: nodes.Expression, right: nodes.Expression) -> plan.Condition:
        if op != "!=":
            return self._ordered(op, left, right)
        sides = [self.value(left), self.value(right)]
        present: list[plan.Condition] = [plan.IsPresent(side) for side in sides]
        numbers = [plan.Not(plan.IsNan(side)) for side in sides]
        return plan.And((*present, *numbers, plan.Not(self._ordered("==", left, right))))

    def _ordered(self, op: plan.Operator, left: nodes.Expression, right: nodes.Expression) -> plan.Condition:
        if isinstance(right, nodes.String):
            return self._with_text(op, left, right)
        if isinstance(left, nodes.String):
            return self._with_text(plan.FLIPPED[op], right, left)
        if isinstance(right, nodes.Number):
            return plan.NumberTest(self.value(left), op, right.value, read_text=True)
        if isinstance(left, nodes.Number):
            return plan.NumberTest(self.value(right), plan.FLIPPED[op], left.value, read_text=True)
        return plan.Compare(op, self.value(left), self.value(right))

    def _with_text(self, op: plan.Operator, node: nodes.Expression, literal: nodes.String) -> plan.Condition:
        value = self.value(node)
        quoted_number = literal.span if number_of(literal.text) is not None else None
        tests: list[plan.Condition] = [plan.TextTest(value, op, literal.text, quoted_number)]
        level = normalize_level(literal.text)
        if isinstance(node, nodes.Field) and node.name == LEVEL and level is not None:
            tests = _with_level(op, value, literal.text, level)
        if literal.point is not None:
            tests.append(plan.TimeTest(value, op, literal.point.start_ns))
        return tests[0] if len(tests) == 1 else plan.Or(tuple(tests))

    def _matches(self, operand: nodes.Expression, regex: nodes.Regex, *, negated: bool) -> plan.Condition:
        value = self.value(operand)
        matches = plan.MatchesRegex(value, regex.pattern, regex.span)
        return plan.And((plan.IsPresent(value), plan.Not(matches))) if negated else matches

    def _call(self, node: nodes.Call) -> plan.Value:
        if node.name == "now":
            return plan.Constant(self._now_ns, Kind.TIME)
        if node.name == "if":
            condition, then, otherwise = (_expression(argument) for argument in node.args)
            return plan.Choose(self.condition(condition), self.value(then), self.value(otherwise))
        if node.name == "coalesce":
            return plan.Coalesce(tuple(self.value(_expression(argument)) for argument in node.args))
        _check_literals(node)
        arguments = tuple(self._argument(argument) for argument in node.args)
        if node.name == "bin" and len(arguments) == 1:
            arguments = (plan.FieldRef(TIME, node.span), *arguments)
        return plan.Call(node.name, arguments, node.span)

    def _argument(self, argument: nodes.Expression | nodes.Regex) -> plan.Value:
        if isinstance(argument, nodes.Regex):
            return plan.Constant(argument.pattern, Kind.TEXT)
        return self.value(argument)


def _expression(argument: nodes.Expression | nodes.Regex) -> nodes.Expression:
    if isinstance(argument, nodes.Regex):
        raise TypeError(argument)
    return argument


def _with_level(op: plan.Operator, value: plan.Value, text: str, level: str) -> list[plan.Condition]:
    """By severity where the value is a level; what else a query has put into `level` compares as text."""
    by_severity = plan.LevelTest(value, op, severity(level))
    if op == "==" and text in LEVELS:
        return [by_severity]
    no_level = plan.Not(plan.LevelTest(value, ">=", 0))
    return [by_severity, plan.And((no_level, plan.TextTest(value, op, text)))]


def _like_pieces(pattern: str) -> tuple[str | plan.Wild, ...]:
    r"""The pieces of a `like` pattern: `%`, `_`, and `\` that takes the next character as it stands."""
    pieces: list[str | plan.Wild] = []
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        if token in {"%", "_"}:
            pieces.append(plan.Wild.ANY if token == "%" else plan.Wild.ONE)  # noqa: S105, no password
        else:
            pieces.append(token[-1])
    return tuple(pieces)


def _check_literals(node: nodes.Call) -> None:
    """QueryError for a literal that its function cannot work with."""
    match node.name, node.args:
        case "extract", (_, nodes.Regex() as regex, nodes.Number() as group):
            groups = capture_groups(regex.pattern)
            if group.value > groups:
                has = f"the regex has {groups} group{'' if groups == 1 else 's'}"
                raise QueryError(f"there is no group {group.text}", span=group.span, hint=has)
        case "format_time", (_, nodes.String() as pattern) if not _TIME_FORMAT.fullmatch(pattern.text):
            raise QueryError("unknown letter after %", span=pattern.span, hint='for example "%Y-%m-%d %H:%M:%S"')
        case "ip_in", (_, nodes.String() as network) if not _is_network(network.text):
            raise QueryError(f"{network.text} is no network", span=network.span, hint='for example "10.0.0.0/8"')


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
