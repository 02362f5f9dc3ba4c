"""Dividing a plan where an answer takes several statements: what each portion yields, and what is made of it all. Pure.

A stage that needs to see all rows can still be given less than all. Groups over portions combine (see
`query.sql.aggregates.terms`). Of rows that are cut to some number, or of which one of each kind is kept, those that go
within a portion would go in the end too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import NoneType
from typing import TypeAlias

from query.plan import logical
from query.plan.around import Lines
from query.plan.expressions import EqualsAny, InRows
from query.plan.members import members
from query.plan.names import names_of_plan
from query.plan.shape import chain_of, scan_of

AS_MANY_ROWS = (
    logical.Extend,
    logical.Parse,
    logical.Unpack,
    logical.Project,
    logical.Drop,
    logical.Rename,
)
_ROW_BY_ROW = (logical.Filter, *AS_MANY_ROWS)
_STATELESS = frozenset({"histogram"})
"""Aggregates of which the database has no state that combines."""

_WITH_SUBQUERIES = (InRows, *logical.TWO_INPUTS)
_WITHOUT = (EqualsAny, Lines, str, int, float, Enum, NoneType)
"""Nothing is inside these, or so much that nobody should look at each of it."""

Groups: TypeAlias = logical.Aggregate | logical.Top


@dataclass(frozen=True, slots=True)
class Split:
    """A plan in two.

    Attributes:
        each: what every portion of the events yields. When it is `groups`, they yield those in states that combine.
        rest: the stages that make the plan's rows of that, the first one first.
        named: the fields that the whole plan names.
    """

    each: logical.Plan
    rest: tuple[logical.Plan, ...]
    named: frozenset[str]

    @property
    def groups(self) -> Groups | None:
        """The grouping at the end of `each`, if it has one."""
        return self.each if isinstance(self.each, Groups) else None


def split(plan: logical.Plan, most_rows: int | None) -> Split | None:
    """How to divide a plan of which at most so many rows are wanted; None when it cannot be, or need not be."""
    chain = _chain(plan)
    first = next(
        (place for place, node in enumerate(chain) if not isinstance(node, (logical.Scan, *_ROW_BY_ROW))), None
    )
    if first is None or has_subqueries(plan):
        return None
    node, rest, named = chain[first], tuple(chain[first + 1 :]), names_of_plan(plan)
    match node:
        case logical.Aggregate(_, aggregations) if any(each.function in _STATELESS for each in aggregations):
            return None
        case logical.Aggregate() | logical.Top():
            return Split(node, rest, named)
        case logical.Limit() | logical.Sample() | logical.Dedup():
            return Split(node, (node, *rest), named)
        case logical.Sort():
            count = _rows_of(rest, most_rows)
            return None if count is None else Split(logical.Limit(node, count), (node, *rest), named)
    return None


def has_subqueries(node: object) -> bool:
    """Whether there is a query inside a query."""
    if isinstance(node, _WITH_SUBQUERIES):
        return True
    if isinstance(node, _WITHOUT):
        return False
    return any(map(has_subqueries, members(node)))


def _chain(plan: logical.Plan) -> list[logical.Plan]:
    """The nodes, from the scan upwards."""
    return [scan_of(plan), *chain_of(plan)]


def _rows_of(rest: tuple[logical.Plan, ...], most_rows: int | None) -> int | None:
    """How many of the first rows can matter to the stages that follow; None: all of them."""
    for node in rest:
        if isinstance(node, logical.Limit):
            return node.count
        if not isinstance(node, AS_MANY_ROWS):
            return None
    return most_rows
