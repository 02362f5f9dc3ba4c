"""Newest first, a slice of time after the other, so that the newest rows are found without reading all of them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from operator import itemgetter

from logstore.model.snapshot import Part
from logstore.model.timespan import TimeSpan
from query.plan.prune import Pruned

_FIRST_ROWS = 65_536
"""Rows of the first slice: two row groups or so. Fewer: a common word needs two statements instead of one."""

_GROWTH = 4
"""Each slice has so many times the rows of the one before: what is read in vain stays a fraction of what is needed."""

MAX_FILES = 500
"""A slice begins so many files at most: each costs the database some time before the first row, and memory."""


@dataclass(frozen=True, slots=True, order=True)
class _Run:
    """Rows that are read together: a row group or a batch; `begins` says how many files are begun with it."""

    newest_ns: int
    rows: int
    begins: int


def slices_of(pruned: Pruned, window: TimeSpan) -> Iterator[TimeSpan]:
    """Windows, newest first, that together are `window`; found as they are asked for.

    Each but the last starts right after the newest event of a row group, so that no row group is read for its newest
    rows and then again, unless its span overlaps others'.
    """
    end, target, rows, files = window.end_ns, _FIRST_ROWS, 0, 0
    for run, following in pairwise(_newest_first(pruned, window)):
        rows += run.rows
        files += run.begins
        start = following.newest_ns + 1
        is_enough = rows >= target or files + following.begins > MAX_FILES
        if is_enough and (end is None or start < end):
            yield TimeSpan(start, end)
            end, target, rows, files = start, target * _GROWTH, 0, 0
    yield TimeSpan(window.start_ns, end)


def _newest_first(pruned: Pruned, window: TimeSpan) -> Iterator[_Run]:
    """All runs by falling `newest_ns`. The row groups of a file are looked at when its newest event is reached."""
    found: list[tuple[int, _Run]] = []
    for newest_ns, runs in sorted(_pieces(pruned, window), key=itemgetter(0), reverse=True):
        while found and -found[0][0] >= newest_ns:
            yield heapq.heappop(found)[1]
        for run in runs():
            heapq.heappush(found, (-run.newest_ns, run))
    while found:
        yield heapq.heappop(found)[1]


def _pieces(pruned: Pruned, window: TimeSpan) -> Iterator[tuple[int, Callable[[], list[_Run]]]]:
    """The newest event of each file and batch, and how to find its runs."""
    for part in pruned.parts:
        yield part.time_max_ns, partial(_runs_of, part, window)
    for batch in pruned.head:
        yield batch.time_max_ns, partial(list, (_Run(batch.time_max_ns, batch.rows, 0),))


def _runs_of(part: Part, window: TimeSpan) -> list[_Run]:
    groups = [group for group in part.row_groups if window.overlaps(group.time_min_ns, group.time_max_ns)]
    newest = max((group.time_max_ns for group in groups), default=0)
    begins = [group.time_max_ns for group in groups].index(newest) if groups else 0
    return [_Run(group.time_max_ns, group.rows, int(place == begins)) for place, group in enumerate(groups)]
