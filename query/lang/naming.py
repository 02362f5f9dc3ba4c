"""How the columns of `stats` and `count` are called when the query gives them no name with `as`."""

from __future__ import annotations

from logstore.model.schema import TIME
from query.lang import nodes as n
from query.lang.unparse import unparse_expression

BEFORE, CHANGE = "_before", "_change"
"""What the columns of `compare` are called after: the earlier value, and by which share it changed."""


def aggregation_name(aggregation: n.Aggregation) -> str:
    """`count()` is `count`, `p99(took)` is `p99_took`; an aggregate of an expression is called by its text.

    Further arguments that are numbers leave no trace: `quantile(x, 0.5)` is `quantile_x`.
    """
    if aggregation.alias is not None:
        return aggregation.alias.name
    match aggregation.call:
        case n.Call(name, ()):
            return name
        case n.Call(name, (n.Field(field), *rest)) if all(isinstance(arg, n.Number) for arg in rest):
            return f"{name}_{field}"
    return unparse_expression(aggregation.call)


def grouping_name(grouping: n.Grouping) -> str:
    """A field is called by its name, `bin(1m)` is `time`, `bin(f, 100)` is `f`, any other expression is its text."""
    if grouping.alias is not None:
        return grouping.alias.name
    match grouping.key:
        case n.Field(name) | n.Call("bin", (n.Field(name), _)):
            return name
        case n.Call("bin", (_,)):
            return TIME
    return unparse_expression(grouping.key)
