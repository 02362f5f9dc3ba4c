"""Newest first, a slice of time after the other, so that the newest rows are found without reading all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from logstore.model.timespan import MAX_NS, TimeSpan
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


_MOST_ROWS = 8
"""A slice ends within row groups that overlap in time when it would have so many times the rows that it should have. As
a rule it goes on to the end of their bucket: else the next slice would read them again."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows that are read together: a row group or a batch."""

    newest_ns: int
    oldest_ns: int
    rows: int


def slices_of(pruned: Pruned, window: TimeSpan, steps: Steps = SEARCH) -> Iterator[TimeSpan]:
    """Windows, newest first, that together are `window`.

    Each but the last starts right after the newest event of a row group, so that no row group is read for its newest
    rows and then again, unless the spans of very many overlap.
    """
    runs = sorted(_runs(pruned, window), key=lambda run: -run.newest_ns)
    end, target, rows, oldest_ns = window.end_ns, steps.first_rows, 0, MAX_NS
    for run, following in pairwise(runs):
        rows += run.rows
        oldest_ns = min(oldest_ns, run.oldest_ns)
        start = following.newest_ns + 1
        is_border = start <= oldest_ns or rows >= target * _MOST_ROWS
        if rows >= target and is_border and (end is None or start < end):
            yield TimeSpan(start, end)
            end, target, rows, oldest_ns = start, target * steps.growth, 0, MAX_NS
    yield TimeSpan(window.start_ns, end)


def _runs(pruned: Pruned, window: TimeSpan) -> Iterator[_Run]:
    for part in pruned.parts:
        for group in pruned.row_groups_of(part):
            if window.overlaps(group.time_min_ns, group.time_max_ns):
                yield _Run(group.time_max_ns, group.time_min_ns, group.rows)
    for batch in pruned.head:
        yield _Run(batch.time_max_ns, batch.time_min_ns, batch.rows)
