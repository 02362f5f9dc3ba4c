"""Which fields a value, a condition or a whole plan names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from query.plan import logical
from query.plan.expressions import EqualsAny, FieldRef, InRows
from query.plan.members import members

_OF_ONE_VALUE = (InRows, EqualsAny)
"""Conditions on a value that have more inside them than fields of the events that they are about."""


def names_in(node: object) -> list[str]:
    """The fields that a value or condition looks at; not those that a query inside it looks at."""
    found: list[str] = []
    _add_names(node, found)
    return found


def _add_names(node: object, found: list[str]) -> None:
    if isinstance(node, FieldRef):
        found.append(node.name)
    elif isinstance(node, _OF_ONE_VALUE):
        _add_names(node.value, found)
    else:
        for each in members(node):
            _add_names(each, found)


def names_of_plan(plan: logical.Plan) -> frozenset[str]:
    """Every field that the plan names anywhere, also those it makes; not those of queries inside it."""
    nodes: list[logical.Plan] = []
    while not isinstance(plan, logical.Scan):
        nodes.append(plan)
        plan = plan.input
    return names_of_nodes(nodes)


def names_of_nodes(nodes: Iterable[logical.Plan]) -> frozenset[str]:
    """Likewise, of some of its nodes."""
    return frozenset(name for node in nodes for name in _names_of_node(node))


def _names_of_node(node: logical.Plan) -> Iterator[str]:  # noqa: C901, one case a node
    match node:
        case logical.Filter():
            yield from names_in(node.condition)
        case logical.Extend():
            yield from names_in(node.assignments)
            yield from (name for name, _ in node.assignments)
        case logical.Parse():
            yield node.source.name
            yield from (group.name for group in node.groups if group.name is not None)
        case logical.Unpack():
            yield node.source.name
        case logical.Project() | logical.Drop():
            yield from (choice.name for choice in node.choices if not choice.prefix)
        case logical.Rename():
            yield from names_in(node.renamings)
            yield from (new for _, new in node.renamings)
        case logical.Aggregate():
            yield from names_in((node.aggregations, node.groups))
        case logical.Top() | logical.Dedup() | logical.Join():
            yield from names_in(node.fields)
        case logical.Context():
            yield from names_in(node.by)
        case logical.Sessions():
            yield node.by.name
        case logical.Sort():
            yield from names_in(node.keys)
        case logical.Patterns():
            yield node.field.name
