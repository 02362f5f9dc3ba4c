"""How far back the newest events reach, as far as the catalog tells. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from logstore.model.deletions import touches
from logstore.model.snapshot import Part
from logstore.model.timespan import TimeSpan
from query.plan import logical
from query.plan.prune import NO_BOUNDS, Bounds, Pruned, untested
from query.plan.split import AS_MANY_ROWS


def newest_wanted(chain: Sequence[logical.Plan]) -> int | None:
    """How many of the newest events of a scan the stages above it look at; None: all of them, or who knows.

    Args:
        chain: the stages, the first one first.
    """
    for stage in chain:
        if isinstance(stage, logical.Limit):
            return stage.count
        if not isinstance(stage, AS_MANY_ROWS):
            return None
    return None


def window_of_newest(pruned: Pruned, bounds: Bounds, count: int) -> TimeSpan:
    """A part of the window that holds the `count` newest events: all of those that are as new as some row groups.

    Row groups are counted that lie within the bounds as a whole, and of which nothing is deleted.
    """
    counted = [part for part in pruned.parts if untested([part], bounds) == NO_BOUNDS and not _is_touched(part, pruned)]
    groups = sorted(((group.time_min_ns, group.rows) for part in counted for group in part.row_groups), reverse=True)
    rows = 0
    for oldest_ns, held in groups:
        rows += held
        if rows >= count:
            return bounds.window.intersect(TimeSpan(oldest_ns, None))
    return bounds.window


def _is_touched(part: Part, pruned: Pruned) -> bool:
    return any(touches(one, part) for one in pruned.deletions)
