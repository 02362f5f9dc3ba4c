"""Newest first, a slice of time after the other, so that the newest rows are found without reading all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from logstore.model.timespan import TimeSpan
from query.plan.prune import Pruned


@dataclass(frozen=True, slots=True)
class Steps:
    """How large slices are.

    Attributes:
        first_rows: rows of the first slice, about.
        growth: each slice has so many times the rows of the one before.
    """

    first_rows: int
    growth: int


SEARCH = Steps(65_536, 4)
"""For the newest few. The first slice is two row groups or so: with fewer, a common word needs two statements instead
of one. They grow so that what is read in vain stays a fraction of what is needed."""

EXPORT = Steps(524_288, 1)
"""For all rows. A slice is sorted in memory: of larger ones more is spilled to disk. Smaller ones cost more statements,
and row groups at their borders are read twice."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows that are read together: a row group or a batch."""

    newest_ns: int
    rows: int


def slices_of(pruned: Pruned, window: TimeSpan, steps: Steps = SEARCH) -> Iterator[TimeSpan]:
    """Windows, newest first, that together are `window`.

    Each but the last starts right after the newest event of a row group, so that no row group is read for its newest
    rows and then again, unless its span overlaps others'.
    """
    runs = sorted(_runs(pruned, window), key=lambda run: -run.newest_ns)
    end, target, rows = window.end_ns, steps.first_rows, 0
    for run, following in pairwise(runs):
        rows += run.rows
        start = following.newest_ns + 1
        if rows >= target and (end is None or start < end):
            yield TimeSpan(start, end)
            end, target, rows = start, target * steps.growth, 0
    yield TimeSpan(window.start_ns, end)


def _runs(pruned: Pruned, window: TimeSpan) -> Iterator[_Run]:
    for part in pruned.parts:
        for group in pruned.row_groups_of(part):
            if window.overlaps(group.time_min_ns, group.time_max_ns):
                yield _Run(group.time_max_ns, group.rows)
    for batch in pruned.head:
        yield _Run(batch.time_max_ns, batch.rows)
