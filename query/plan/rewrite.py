"""Walking over plans: from a rule for one chain of nodes to a rule for all chains, those inside conditions too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from query.plan import logical
from query.plan.expressions import And, Condition, InRows, Not, Or

Rule: TypeAlias = Callable[[logical.Plan], logical.Plan]
"""Gives a plan that yields the same rows."""


def bottom_up(plan: logical.Plan, rule: Rule) -> logical.Plan:
    """The plan with the rule applied to every node of its chain, inputs first."""
    if isinstance(plan, logical.Scan):
        return rule(plan)
    return rule(replace(plan, input=bottom_up(plan.input, rule)))


def in_subqueries(plan: logical.Plan, rule: Rule) -> logical.Plan:
    """The plan with the rule applied to the plans inside its conditions (only searches have such) and beside it."""

    def visit(node: logical.Plan) -> logical.Plan:
        return replace(node, other=rule(node.other)) if isinstance(node, logical.TWO_INPUTS) else node

    def inside(condition: InRows) -> Condition:
        return replace(condition, query=rule(condition.query))

    return bottom_up(in_memberships(plan, inside), visit)


def in_memberships(plan: logical.Plan, change: Callable[[InRows], Condition]) -> logical.Plan:
    """The plan with something else in the place of each condition on the rows of a query, in its own chain."""

    def visit(node: logical.Plan) -> logical.Plan:
        if isinstance(node, logical.Filter):
            return replace(node, condition=_rewritten(node.condition, change))
        return node

    return bottom_up(plan, visit)


def _rewritten(condition: Condition, change: Callable[[InRows], Condition]) -> Condition:
    match condition:
        case And(items):
            return And(tuple(_rewritten(item, change) for item in items))
        case Or(items):
            return Or(tuple(_rewritten(item, change) for item in items))
        case Not(item):
            return Not(_rewritten(item, change))
        case InRows():
            return change(condition)
    return condition
