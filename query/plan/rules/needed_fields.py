"""A scan reads the fields that something above it looks at, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from query.plan import logical
from query.plan.names import names_in
from query.plan.rewrite import changed

_Fields = frozenset[str] | None
"""Field names; None for all there are."""


def needed_fields(plan: logical.Plan) -> logical.Plan:
    """The plan with the fields of its scan settled."""
    return _narrow(plan, None)


def _narrow(node: logical.Plan, wanted: _Fields) -> logical.Plan:
    if isinstance(node, logical.Scan):
        return node if node.fields == wanted else replace(node, fields=wanted)
    if isinstance(node, logical.Union):
        return changed(node, input=_narrow(node.input, wanted), other=_narrow(node.other, wanted))
    if isinstance(node, logical.Compare):
        return changed(node, input=_narrow(node.input, None), other=_narrow(node.other, None))
    if isinstance(node, logical.Join):
        wanted = _with(wanted, names_in(node.fields))
        return changed(node, input=_narrow(node.input, wanted), other=_narrow(node.other, wanted))
    return changed(node, input=_narrow(node.input, _below(node, wanted)))


def _below(node: logical.Plan, wanted: _Fields) -> _Fields:  # noqa: C901, PLR0911, PLR0912, one case a node
    """What a node needs of its input so that it can yield `wanted`."""
    match node:
        case logical.Filter(_, condition):
            return _with(wanted, names_in(condition))
        case logical.Extend(_, assignments):
            for name, value in reversed(assignments):
                wanted = _with(None if wanted is None else wanted - {name}, names_in(value))
            return wanted
        case logical.Parse(_, source, _, groups):
            made = {group.name for group in groups}
            return _with(None if wanted is None else wanted - made, [source.name])
        case logical.Unpack(_, _, source):
            return _with(wanted, [source.name])
        case logical.Project(_, choices):
            return None if any(c.prefix for c in choices) else frozenset(choice.name for choice in choices)
        case logical.Rename(_, renamings):
            for old, new in reversed(renamings):
                wanted = _with(None if wanted is None else wanted - {new}, [old.name])
            return wanted
        case logical.Aggregate(_, aggregations, groups):
            return frozenset(names_in((aggregations, groups)))
        case logical.Top(_, fields):
            return frozenset(names_in(fields))
        case logical.Picked():
            return None if wanted is None else wanted - {logical.MATCH, logical.GROUP}
        case logical.Context() | logical.Facets():
            return None
        case logical.Sessions(_, by):
            return frozenset((by.name,))
        case logical.Sort(_, keys):
            return _with(wanted, names_in(keys))
        case logical.Dedup(_, fields):
            return _with(wanted, names_in(fields))
        case logical.Patterns(_, field):
            return frozenset({field.name})
    return wanted


def _with(wanted: _Fields, names: Iterable[str]) -> _Fields:
    return None if wanted is None else wanted.union(names)
