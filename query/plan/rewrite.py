"""Walking over plans: from a rule for one chain of nodes to a rule for all chains, those inside conditions too.

What nothing changes stays the very same object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import is_
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from query.plan import logical
from query.plan.expressions import And, Condition, InRows, Not, Or

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Rule: TypeAlias = Callable[[logical.Plan], logical.Plan]
"""Gives a plan that yields the same rows."""


_Node = TypeVar("_Node", bound="DataclassInstance")


def changed(node: _Node, **attributes: object) -> _Node:
    """The node with these attributes: the very same one if it has them, as most rules change nothing."""
    has_them = all(getattr(node, name) is value for name, value in attributes.items())
    return node if has_them else replace(node, **attributes)


def bottom_up(plan: logical.Plan, rule: Rule) -> logical.Plan:
    """The plan with the rule applied to every node of its chain, inputs first."""
    if isinstance(plan, logical.Scan):
        return rule(plan)
    return rule(changed(plan, input=bottom_up(plan.input, rule)))


def in_subqueries(plan: logical.Plan, rule: Rule) -> logical.Plan:
    """The plan with the rule applied to the plans inside its conditions (only searches have such) and beside it."""

    def visit(node: logical.Plan) -> logical.Plan:
        return changed(node, other=rule(node.other)) if isinstance(node, logical.TWO_INPUTS) else node

    def inside(condition: InRows) -> Condition:
        return changed(condition, query=rule(condition.query))

    return bottom_up(in_memberships(plan, inside), visit)


def in_memberships(plan: logical.Plan, change: Callable[[InRows], Condition]) -> logical.Plan:
    """The plan with something else in the place of each condition on the rows of a query, in its own chain."""

    def visit(node: logical.Plan) -> logical.Plan:
        if isinstance(node, logical.Filter):
            return changed(node, condition=_rewritten(node.condition, change))
        return node

    return bottom_up(plan, visit)


def _rewritten(condition: Condition, change: Callable[[InRows], Condition]) -> Condition:
    match condition:
        case And(items) | Or(items):
            rewritten = tuple([_rewritten(item, change) for item in items])
            is_same = all(map(is_, rewritten, items))
            return condition if is_same else type(condition)(rewritten)
        case Not(item):
            return changed(condition, item=_rewritten(item, change))
        case InRows():
            return change(condition)
    return condition
