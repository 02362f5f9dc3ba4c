"""Which filters take little to test. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from query.plan import expressions, logical
from query.plan.shape import leading_filters

_TESTS = (
    expressions.IsPresent
    | expressions.NumberTest
    | expressions.TextTest
    | expressions.BoolTest
    | expressions.LevelTest
    | expressions.TimeTest
)
"""Of a field as it is stored: the database makes them while it reads, mostly once for each value of a dictionary."""


def is_cheaply_filtered(chain: Sequence[logical.Plan]) -> bool:
    """Whether it takes little to tell which events of a scan these stages, which go row by row, leave out.

    Args:
        chain: the stages, the first one first.
    """
    filters = leading_filters(chain)
    if any(isinstance(node, logical.Filter) for node in chain[len(filters) :]):
        return False
    return all(_is_cheap(node.condition) for node in filters)


def _is_cheap(condition: object) -> bool:
    if isinstance(condition, expressions.And | expressions.Or):
        return all(map(_is_cheap, condition.items))
    if isinstance(condition, expressions.Not):
        return _is_cheap(condition.item)
    return isinstance(condition, _TESTS) and isinstance(condition.value, expressions.FieldRef)
