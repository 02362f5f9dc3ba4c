"""What stands inside a node of a plan or an expression, whatever it is."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache


def members(node: object) -> tuple[object, ...]:
    """The values of all attributes of a node, or the items of a tuple; nothing of anything else."""
    if isinstance(node, tuple):
        return node
    # Classes can be hashed, whatever mypy thinks of it.
    return tuple([getattr(node, name) for name in _names(type(node))])  # type: ignore[arg-type]


# There are as many as there are classes of nodes, and each question looks into dozens of them.
@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else ()
