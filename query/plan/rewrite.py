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
        if isinstance(node, logical.Filter):
            return replace(node, condition=_rewritten(node.condition, rule))
        if isinstance(node, logical.TWO_INPUTS):
            return replace(node, other=rule(node.other))
        return node

    return bottom_up(plan, visit)


def _rewritten(condition: Condition, rule: Rule) -> Condition:
    match condition:
        case And(items):
            return And(tuple(_rewritten(item, rule) for item in items))
        case Or(items):
            return Or(tuple(_rewritten(item, rule) for item in items))
        case Not(item):
            return Not(_rewritten(item, rule))
        case InRows():
            return replace(condition, query=rule(condition.query))
    return condition
