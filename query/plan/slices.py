"""Newest first, a slice of time after the other, so that the newest rows are found without reading all of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter

from logstore.model.snapshot import Part, RowGroup
from logstore.model.timespan import MAX_NS, TimeSpan
from query.plan.prune import Piece, Pruned


@dataclass(frozen=True, slots=True)
class Steps:
    """How large slices are.

    Attributes:
        first_rows: rows of the first slice, about.
        growth: each slice has so many times the rows of the one before.
        most_rows: but never more than this, about; None: any number.
    """

    first_rows: int
    growth: int
    most_rows: int | None = None

    def after(self, rows: int) -> int:
        """The rows of the slice after one of so many."""
        return rows * self.growth if self.most_rows is None else min(rows * self.growth, self.most_rows)


SEARCH = Steps(65_536, 4)
"""For the newest few. The first slice is two row groups or so: with fewer, a common word needs two statements instead
of one. They grow so that what is read in vain stays a fraction of what is needed."""

RARE = Steps(1_048_576, 4)
RARE_SHARE = 20
"""For what is rare: the index left one row group of so many. There will hardly be enough rows in all of them, so
it would be in vain to look at some first."""


_MOST_ROWS = 8
"""A slice ends within row groups that overlap in time when it would have so many times the rows that it should have. As
a rule it goes on to the end of their bucket: else the next slice would read them again."""

MAX_FILES = 500
"""Files that a slice begins at most: each costs the database some time before the first row, and memory."""


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """Rows that are read together: a row group or a batch; `begins` says how many files are begun with it."""

    newest_ns: int
    oldest_ns: int
    rows: int
    begins: int


def slices_of(
    pruned: Pruned, window: TimeSpan, steps: Steps = SEARCH, most_files: int = MAX_FILES
) -> Iterator[TimeSpan]:
    """Windows, newest first, that together are `window`; found as they are asked for.

    A slice begins `most_files` files at most, if it can end before it does more.

    Each but the last starts right after the newest event of a row group, so that no row group is read for its newest
    rows and then again, unless the spans of very many overlap.
    """
    end, target, rows, files, oldest_ns = window.end_ns, steps.first_rows, 0, 0, MAX_NS
    for run, following in pairwise(newest_first(pruned, window)):
        rows += run.rows
        files += run.begins
        oldest_ns = min(oldest_ns, run.oldest_ns)
        start = following.newest_ns + 1
        is_border = start <= oldest_ns or rows >= target * _MOST_ROWS
        is_enough = (rows >= target and is_border) or files + following.begins > most_files
        if is_enough and (end is None or start < end):
            yield TimeSpan(start, end)
            end, target, rows, files, oldest_ns = start, steps.after(target), 0, 0, MAX_NS
    yield TimeSpan(window.start_ns, end)


def newest_first(pruned: Pruned, window: TimeSpan) -> Iterator[Run]:
    """All runs by falling `newest_ns`. The row groups of a file are looked at when its newest event is reached."""
    found: list[tuple[int, Run]] = []
    for piece in sorted(pruned.pieces, key=attrgetter("time_max_ns"), reverse=True):
        while found and -found[0][0] >= piece.time_max_ns:
            yield heapq.heappop(found)[1]
        for run in _runs(pruned, piece, window):
            heapq.heappush(found, (-run.newest_ns, run))
    while found:
        yield heapq.heappop(found)[1]


def _runs(pruned: Pruned, piece: Piece, window: TimeSpan) -> list[Run]:
    if isinstance(piece, Part):
        return _runs_of(pruned.row_groups_of(piece), window)
    return [Run(piece.time_max_ns, piece.time_min_ns, piece.rows, 0)]


def _runs_of(row_groups: Sequence[RowGroup], window: TimeSpan) -> list[Run]:
    groups = [group for group in row_groups if window.overlaps(group.time_min_ns, group.time_max_ns)]
    newest = max((group.time_max_ns for group in groups), default=0)
    begins = [group.time_max_ns for group in groups].index(newest) if groups else 0
    return [
        Run(group.time_max_ns, group.time_min_ns, group.rows, int(place == begins))
        for place, group in enumerate(groups)
    ]
