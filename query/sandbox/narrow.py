"""What a statement's own WHERE says of time and tags, so that parts are left out before DuckDB looks at any.

Only where the table is named once, so that every row of it goes through that WHERE, which is run all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from logstore.model.schema import TAG, TIME
from logstore.model.timespan import TimeSpan
from query.sandbox.growth import Node
from query.sandbox.table import Span
from query.sandbox.tree import TABLE, Checked, ascii_lower

_SLACK_NS = 1_000
"""SQL sees times cut to microseconds, and may round those that it is given."""

Evaluate = Callable[[Node], int | None]
"""The instant, in nanoseconds, that an expression without columns stands for; None when it is none."""

_FLIPPED = {
    "COMPARE_GREATERTHAN": "COMPARE_LESSTHAN",
    "COMPARE_LESSTHAN": "COMPARE_GREATERTHAN",
    "COMPARE_GREATERTHANOREQUALTO": "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_LESSTHANOREQUALTO": "COMPARE_GREATERTHANOREQUALTO",
    "COMPARE_EQUAL": "COMPARE_EQUAL",
}
_FROM = frozenset(("COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO", "COMPARE_EQUAL"))
_TO = frozenset(("COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO", "COMPARE_EQUAL"))


def narrowed(node: Node, checked: Checked, span: Span, evaluate: Evaluate) -> Span:
    """The span, or a smaller one outside of which no row gets through the statement's WHERE."""
    if checked.tables != 1:
        return span
    for condition in _conditions(node):
        span = _by(condition, span, evaluate)
    return span


def _conditions(node: Any) -> Iterator[Node]:
    """The conditions that all rows of the table meet: those of the query that reads from it alone."""
    if isinstance(node, list):
        for each in node:
            yield from _conditions(each)
    elif isinstance(node, dict):
        table = node.get("from_table") or {}
        if table.get("type") == "BASE_TABLE" and ascii_lower(str(table["table_name"])) == TABLE:
            if "where_clause" in node:
                yield from _conjuncts(node["where_clause"])
            return
        for each in node.values():
            yield from _conditions(each)


def _conjuncts(condition: Node) -> Iterator[Node]:
    if condition["type"] == "CONJUNCTION_AND":
        for each in condition["children"]:
            yield from _conjuncts(each)
    else:
        yield condition


def _by(condition: Node, span: Span, evaluate: Evaluate) -> Span:
    match condition["type"]:
        case "COMPARE_BETWEEN" if _is(condition["input"], TIME):
            span = _within(span, "COMPARE_GREATERTHANOREQUALTO", evaluate(condition["lower"]))
            return _within(span, "COMPARE_LESSTHANOREQUALTO", evaluate(condition["upper"]))
        case "COMPARE_IN" if _is(condition["children"][0], TAG):
            return _of_tags(span, condition["children"][1:])
        case operator if operator in _FLIPPED:
            left, right = condition["left"], condition["right"]
            if operator == "COMPARE_EQUAL" and (_is(left, TAG) or _is(right, TAG)):
                return _of_tags(span, [right if _is(left, TAG) else left])
            if _is(left, TIME):
                return _within(span, operator, evaluate(right))
            if _is(right, TIME):
                return _within(span, _FLIPPED[operator], evaluate(left))
    return span


def _is(node: Node, column: str) -> bool:
    names: Sequence[str] = node.get("column_names", ())
    return bool(names) and ascii_lower(str(names[-1])) == column and len(names) <= 2  # noqa: PLR2004 (table.column)


def _within(span: Span, operator: str, instant: int | None) -> Span:
    if instant is None:
        return span
    start = instant - _SLACK_NS if operator in _FROM else None
    end = instant + _SLACK_NS if operator in _TO else None
    return Span(span.window.intersect(TimeSpan(start, end)), span.tags)


def _of_tags(span: Span, nodes: list[Node]) -> Span:
    literals = [node.get("literal", {}) for node in nodes]
    if any(literal.get("kind") != "STRING" for literal in literals):
        return span
    tags = frozenset(str(literal.get("text", "")) for literal in literals)
    return Span(span.window, tags if span.tags is None else span.tags & tags)
