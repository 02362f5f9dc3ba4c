"""Tests of `time` that every row must pass move from the filter over a scan into the scan's window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from logstore.model.schema import TIME
from logstore.model.timespan import TimeSpan
from query.plan.expressions import And, Condition, FieldRef, Operator, Or, TextTest, TimeTest
from query.plan.logical import Filter, Plan, Scan
from query.plan.rewrite import bottom_up


def window_from_time(plan: Plan) -> Plan:
    """The plan with its windows as narrow as the filters right above them say."""
    return bottom_up(plan, _narrow)


def _narrow(node: Plan) -> Plan:
    if not isinstance(node, Filter) or not isinstance(node.input, Scan):
        return node
    items = node.condition.items if isinstance(node.condition, And) else (node.condition,)
    window, rest = node.input.window, []
    for item in items:
        span = _span(item)
        if span is None:
            rest.append(item)
        else:
            window = window.intersect(span)
    if len(rest) == len(items):
        return node
    scan = replace(node.input, window=window)
    if not rest:
        return scan
    return Filter(scan, rest[0] if len(rest) == 1 else And(tuple(rest)))


def _span(condition: Condition) -> TimeSpan | None:
    match condition:
        case TimeTest(FieldRef(name), operator, ns) if name == TIME:
            return _SPANS[operator](ns)
        case Or(items):
            # `time > "2026-11-22"` also means text, but the `time` of an event never is one.
            possible = [item for item in items if not _is_text_of_time(item)]
            return _span(possible[0]) if len(possible) == 1 else None
    return None


def _is_text_of_time(condition: Condition) -> bool:
    return isinstance(condition, TextTest) and condition.value == FieldRef(TIME)


_SPANS: dict[Operator, Callable[[int], TimeSpan]] = {
    "==": lambda ns: TimeSpan(ns, ns + 1),
    "<": lambda ns: TimeSpan(None, ns),
    "<=": lambda ns: TimeSpan(None, ns + 1),
    ">": lambda ns: TimeSpan(ns + 1, None),
    ">=": lambda ns: TimeSpan(ns, None),
}
