"""Going through a syntax tree without knowing its forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import get_args

from query.lang import nodes as n

_NODES = get_args(n.Node)

_ATTRIBUTES = {form: tuple(part.name for part in fields(form) if part.name != "span") for form in _NODES}


def children(node: n.Node) -> Iterator[n.Node]:
    """The nodes directly below, in the order of the text."""
    for name in _ATTRIBUTES[type(node)]:
        value = getattr(node, name)
        parts = value if isinstance(value, tuple) else (value,)
        yield from (part for part in parts if isinstance(part, _NODES))


def walk(root: n.Node) -> Iterator[tuple[n.Node, int]]:
    """Every node with its depth (1 for the root), parents before children, in the order of the text.

    Does not recurse, so it may be let loose on a tree of any depth.
    """
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in reversed(tuple(children(node))))
