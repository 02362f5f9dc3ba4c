"""Slices of time of about the same number of rows, newest first, for whoever reads all of them.

A slice is sorted in memory with all of its columns, so its rows decide what an export takes. Row groups of one bucket
of time overlap: a slice that ends within them has them read again for the next one, as far as the column of times goes.
That costs less than sorting all of them at once, which takes a KiB for each row.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass

from logstore.model.timespan import MAX_NS, MIN_NS, TimeSpan
from query.plan.prune import Pruned
from query.plan.slices import MAX_FILES, Run, Steps, newest_first

EXPORT = Steps(8_192, 4, 32_768)
"""Larger slices: each row costs more, three times as much with half a million rows, and gigabytes. Smaller ones: row
groups are read more often. The first is small, so that the first rows come soon."""

_MOST_READS = 8
"""A row group is read about so many times at most. Where very many overlap, slices have more rows instead, and what
does not fit into a query's share of memory is spilled."""

_NEARLY = 2
"""A slice ends where nothing overlaps as soon as it has one in so many of its rows: then nothing is read twice."""


def even_slices(
    pruned: Pruned, window: TimeSpan, steps: Steps = EXPORT, most_files: int = MAX_FILES
) -> Iterator[TimeSpan]:
    """Windows, newest first, that together are `window`; found as they are asked for.

    The rows of a row group are taken to be spread evenly over its time. A slice begins `most_files` files at most, if
    it can end before it does more.
    """
    end = window.end_ns
    for start in _Sweep(steps, most_files).borders(_within(newest_first(pruned, window), window)):
        if (end is None or start < end) and (window.start_ns is None or start > window.start_ns):
            yield TimeSpan(start, end)
            end = start
    yield TimeSpan(window.start_ns, end)


def _within(runs: Iterator[Run], window: TimeSpan) -> Iterator[Run]:
    """The runs without the time that lies outside; about as many rows fewer."""
    first = MIN_NS if window.start_ns is None else window.start_ns
    last = MAX_NS if window.end_ns is None else window.end_ns - 1
    for run in runs:
        newest, oldest = min(run.newest_ns, last), max(run.oldest_ns, first)
        if oldest <= newest:
            share = (newest - oldest + 1) / (run.newest_ns - run.oldest_ns + 1)
            yield Run(newest, oldest, math.ceil(run.rows * share), run.begins)


@dataclass(frozen=True, slots=True, order=True)
class _Open:
    """A run that the sweep is within. The one that ends first is the least."""

    minus_oldest_ns: int
    rows: int
    rows_per_ns: float


class _Sweep:
    """Goes from the newest time to the oldest, and counts the rows that it has passed since the last border."""

    def __init__(self, steps: Steps, most_files: int) -> None:
        self._steps = steps
        self._most_files = most_files
        self._target = steps.first_rows
        self._open: list[_Open] = []
        self._at_ns = MAX_NS
        self._passed = 0.0
        self._files = 0

    def borders(self, runs: Iterator[Run]) -> Iterator[int]:
        """Where slices start, inclusive; may repeat one."""
        for run in runs:
            yield from self._down_to(run.newest_ns + 1)
            if self._files + run.begins > self._most_files or self._is_nearly_there(run):
                yield self._border(run.newest_ns + 1)
            self._files += run.begins
            span = run.newest_ns - run.oldest_ns + 1
            heapq.heappush(self._open, _Open(-run.oldest_ns, run.rows, run.rows / span))
        yield from self._down_to(MIN_NS)

    def _down_to(self, time_ns: int) -> Iterator[int]:
        while self._open and -self._open[0].minus_oldest_ns >= time_ns:
            yield from self._fall(-self._open[0].minus_oldest_ns)
            heapq.heappop(self._open)
        yield from self._fall(time_ns)

    def _fall(self, time_ns: int) -> Iterator[int]:
        """As far as the same runs are open."""
        rate = sum(run.rows_per_ns for run in self._open)
        target = max(self._target, self._depth())
        while rate and self._passed + rate * (self._at_ns - time_ns) >= target:
            yield self._border(max(time_ns, self._at_ns - max(1, math.ceil((target - self._passed) / rate))))
            target = max(self._target, self._depth())
        self._passed += rate * (self._at_ns - time_ns)
        self._at_ns = time_ns

    def _is_nearly_there(self, run: Run) -> bool:
        """Whether a slice should rather end here than have some rows of the next run, which is open all alone."""
        is_enough = self._passed * _NEARLY >= self._target and self._passed + run.rows > self._target
        return is_enough and not self._open

    def _depth(self) -> int:
        """The least rows of a slice here, so that not too many slices read the same row group."""
        return sum(run.rows for run in self._open) // _MOST_READS

    def _border(self, time_ns: int) -> int:
        self._at_ns, self._passed, self._files = time_ns, 0.0, 0
        self._target = self._steps.after(self._target)
        return time_ns
