"""The same question asked of an earlier time: events of then, moved to now."""

from __future__ import annotations

from dataclasses import replace

from logstore.model.timespan import MAX_NS, MIN_NS, TimeSpan
from query.plan import logical
from query.plan.rewrite import bottom_up, in_subqueries


def earlier(plan: logical.Plan, by_ns: int) -> logical.Plan:
    """The plan over the events of `by_ns` before, all of whose times are so much later.

    Since the times are moved and nothing else, whatever looks at them means the same: windows, `now()`, bins, literals.
    """
    moved = in_subqueries(plan, lambda inner: earlier(inner, by_ns))
    return bottom_up(moved, lambda node: _scan_earlier(node, by_ns))


def _scan_earlier(node: logical.Plan, by_ns: int) -> logical.Plan:
    return replace(node, moved_ns=node.moved_ns + by_ns) if isinstance(node, logical.Scan) else node


def times_read(scan: logical.Scan) -> TimeSpan:
    """The times of the events that a scan reads, before they are moved. What would be moved too far is not read."""
    window, by_ns = scan.window, scan.moved_ns
    if not by_ns:
        return window
    window = window.intersect(TimeSpan(None, MAX_NS))
    bounds = (None if bound is None else bound - by_ns for bound in (window.start_ns, window.end_ns))
    start, end = (None if bound is None or bound < MIN_NS else bound for bound in bounds)
    # An end before all times leaves nothing.
    return TimeSpan(start, MIN_NS if window.end_ns is not None and window.end_ns - by_ns < MIN_NS else end)
