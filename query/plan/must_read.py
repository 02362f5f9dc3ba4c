"""How many events must be looked at before an answer can begin, as far as pruning tells. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from query.plan import logical
from query.plan.newest import newest_wanted
from query.plan.prune import Pruned
from query.plan.shape import chain_of, is_row_by_row


def must_read(plan: logical.Plan, pruned: Sequence[Pruned]) -> int:
    """The events that a plan has to look at before its first row.

    None of its own where it goes row by row: its rows come as they are found, and enough of them are mostly found soon.

    Args:
        plan: the plan.
        pruned: of its scans, its own first; the others are those of queries inside it, which come before.
    """
    own, *inside = pruned
    return (0 if is_row_by_row(plan) else looked_at(plan, own)) + sum(map(rows_within, inside))


def looked_at(plan: logical.Plan, own: Pruned) -> int:
    """The events that a plan looks at if all of its rows are wanted; `own` is what is left for its own scan."""
    newest = newest_wanted(chain_of(plan))
    rows = rows_within(own)
    return rows if newest is None else min(rows, newest)


def rows_within(pruned: Pruned) -> int:
    """The events that are left, without the row groups outside the window."""
    start, end = pruned.window.start_ns, pruned.window.end_ns
    # There may be ten thousand parts, and most of them lie within.
    cut = [
        part
        for part in pruned.parts
        if (start is not None and part.time_min_ns < start) or (end is not None and part.time_max_ns >= end)
    ]
    outside = (
        group.rows
        for part in cut
        for group in pruned.row_groups_of(part)
        if not pruned.window.overlaps(group.time_min_ns, group.time_max_ns)
    )
    return pruned.rows - sum(outside)
