"""`compare`: the aggregation before it once more, of an earlier time."""

from __future__ import annotations

from logstore.errors import QueryError, Span
from query.lang import functions
from query.lang.functions import Gives
from query.plan import logical
from query.plan.earlier import earlier


def compare(plan: logical.Plan, by_ns: int, span: Span) -> logical.Compare:
    """The node for a `compare` stage; QueryError where no aggregation stands before it."""
    if not isinstance(plan, logical.Aggregate):
        raise QueryError("compare stands right after stats or count", span=span)
    values = tuple(each.name for each in plan.aggregations)
    numeric = frozenset(each.name for each in plan.aggregations if _may_be_number(each.function))
    groups = tuple(name for name, _ in plan.groups)
    return logical.Compare(plan, earlier(plan, by_ns), groups, values, numeric)


def _may_be_number(function: str) -> bool:
    known = functions.aggregate(function)
    return known is not None and known.gives in (Gives.NUMBER, Gives.ANY)
