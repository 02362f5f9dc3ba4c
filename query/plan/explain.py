"""A plan and what pruning made of it, as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from query.plan import logical
from query.plan.describe import steps
from query.plan.erased import missing_of
from query.plan.prune import Pruned

_INDENT = "  "


def explain_plan(plan: logical.Plan) -> str:
    """The steps that rows pass, the first one first, a line each."""
    named = steps(plan)
    width = max(len(name) for name, _ in named)
    return "\n".join(["plan", *(f"{_INDENT}{name.ljust(width)}  {details}".rstrip() for name, details in named)])


def explain_first(told: Sequence[str]) -> str:
    """What was found before the statement was made."""
    return "\n".join(["first", *(f"{_INDENT}{line}" for line in told)])


def explain_pruning(pruned: Sequence[Pruned]) -> str:
    """What is read of the snapshot, for each scan, and why not the rest."""
    return "\n".join(["reads", *(f"{_INDENT}{line}" for each in pruned for line in _pruning(each))])


def explain_sql(sql: str) -> str:
    """The statement."""
    return "\n".join(["SQL", *(f"{_INDENT}{line}" for line in sql.splitlines())])


def _pruning(pruned: Pruned) -> Iterator[str]:
    for what, rows in pruned.counted.items():
        yield f"{_count(rows, 'event')} known without reading, from {what}"
    left, all_groups = pruned.row_groups
    size = sum(part.bytes for part in pruned.parts)
    yield f"{_count(len(pruned.parts), 'part')} of {size:,} bytes"
    yield f"{_count(len(pruned.head), 'batch', 'es')} in memory"
    yield f"{_count(pruned.rows, 'event')} in all of these"
    yield f"{left:,} of {_count(all_groups, 'row group')} within the window"
    missing = missing_of(pruned.pieces, pruned.deletions)
    if rows := sum(each.count for one in missing for each in one.rows):
        yield f"deleted rows that are left out: {rows:,}"
    for number, count in Counter(test.deletion.number for one in missing for test in one.tests).items():
        yield f"deletion {number} is tested in {count:,} of these"
    if pruned.passed:
        yield f"{_count(pruned.passed, 'row group')} left out by the word index"
    for reason, count in pruned.reasons.items():
        yield f"left out, {reason.value}: {count:,}"


def _count(number: int, noun: str, plural: str = "s") -> str:
    return f"{number:,} {noun}{'' if number == 1 else plural}"
