"""A plan and what pruning made of it, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime

from logstore.model.timespan import NS_PER_SECOND, TimeSpan
from query.plan import logical
from query.plan.prune import Pruned


def explain_plan(plan: logical.Plan) -> str:
    """The nodes, the outermost first, an indented line each."""
    return "\n".join(f"{'  ' * depth}{line}" for depth, line in enumerate(_lines(plan)))


def explain_pruning(pruned: Sequence[Pruned]) -> str:
    """What is read of the snapshot, for each scan, and why not the rest."""
    return "\n".join(_pruning(each) for each in pruned)


def _pruning(pruned: Pruned) -> str:
    left, all_groups = pruned.row_groups
    size = sum(part.bytes for part in pruned.parts)
    lines = [
        f"reads {len(pruned.parts)} parts ({size} bytes) and {len(pruned.head)} batches in memory",
        f"events in them: {pruned.rows}",
        f"row groups within the window: {left} of {all_groups}",
    ]
    lines += [f"left out, {reason.value}: {count}" for reason, count in pruned.reasons.items()]
    return "\n".join(lines)


def _lines(plan: logical.Plan) -> Iterator[str]:
    node = plan
    while not isinstance(node, logical.Scan):
        yield f"{type(node).__name__} {_details(node)}".rstrip()
        node = node.input
    wanted = "all fields" if node.fields is None else f"fields {', '.join(sorted(node.fields)) or 'none'}"
    yield f"Scan {_window(node.window)}, {wanted}"


def _details(node: logical.Plan) -> str:
    shown = (field.name for field in fields(node) if field.name != "input")
    return ", ".join(f"{name}={getattr(node, name)!r}" for name in shown)


def _window(window: TimeSpan) -> str:
    return f"[{_instant(window.start_ns)}, {_instant(window.end_ns)})"


def _instant(ns: int | None) -> str:
    if ns is None:
        return "…"
    seconds, fraction = divmod(ns, NS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
