"""Two filters in a row are one; nested conjunctions are flat; a filter that lets all through is none.

A condition that calls functions is left alone: what it cannot compute is counted on the rows that reach it, and they
would be others.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import is_

from query.plan.expressions import TRUE, And, Call, Condition, EqualsAny, InRows, Or
from query.plan.logical import Filter, Plan
from query.plan.members import members
from query.plan.rewrite import bottom_up


def merge_filters(plan: Plan) -> Plan:
    """The plan with adjacent filters merged."""
    return bottom_up(plan, _merge)


def _merge(node: Plan) -> Plan:
    if not isinstance(node, Filter):
        return node
    condition = flat(node.condition)
    if condition == TRUE:
        return node.input
    below = node.input
    if isinstance(below, Filter) and not _calls(condition):
        return Filter(below.input, flat(And((below.condition, condition))))
    return node if condition is node.condition else Filter(below, condition)


def flat(condition: Condition) -> Condition:
    """The condition without conjunctions in conjunctions, disjunctions in disjunctions, or either of one alone."""
    if not isinstance(condition, And | Or):
        return condition
    kind = type(condition)
    items = tuple(_flat_items(condition, kind))
    if len(items) == 1:
        return items[0]
    is_flat = len(items) == len(condition.items) and all(map(is_, items, condition.items))
    return condition if is_flat else kind(items)


def _flat_items(condition: And | Or, kind: type[And | Or]) -> Iterator[Condition]:
    for item in condition.items:
        smooth = flat(item)
        if isinstance(smooth, kind):
            yield from smooth.items
        else:
            yield smooth


def _calls(node: object) -> bool:
    """Whether anything is called in it, so that it may fail."""
    if isinstance(node, Call):
        return True
    if isinstance(node, InRows | EqualsAny):
        return _calls(node.value)
    return any(map(_calls, members(node)))
