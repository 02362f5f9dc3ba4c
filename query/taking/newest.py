"""The newest of some rows, found in one group of rows after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logstore.model.timespan import MAX_NS, MIN_NS


class Found(NamedTuple):
    """Rows, the newest first.

    Attributes:
        times, seqs: of each.
        groups: number of the group that each is in.
        rows: place of each in its group.
    """

    times: NDArray[np.int64]
    seqs: NDArray[np.int64]
    groups: NDArray[np.int32]
    rows: NDArray[np.int32]


_NONE = Found(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int32))


class Newest:
    """Keeps the newest of the rows that it is shown.

    Args:
        most: how many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found = _NONE

    @property
    def count(self) -> int:
        """How many it has."""
        return len(self._found.times)

    @property
    def least_ns(self) -> int:
        """A row that is older than this is wanted no more."""
        if not self.is_full:
            return MIN_NS
        return int(self._found.times[-1]) if self._most else MAX_NS

    @property
    def is_full(self) -> bool:
        """Whether there are as many as are wanted: others only take their places."""
        return self.count == self._most

    def cut_ns(self, times: NDArray[np.int64]) -> int:
        """Of rows with these times, those that are older than this are not wanted."""
        if len(times) <= self._most or not self._most:
            return self.least_ns
        place = len(times) - self._most
        return max(self.least_ns, int(np.partition(times, place)[place]))

    def add(self, times: NDArray[np.int64], seqs: NDArray[np.int64], group: int, rows: NDArray[np.int32]) -> None:
        """Shows it rows of a group."""
        if not len(times):
            return
        times = np.concatenate((self._found.times, times))
        seqs = np.concatenate((self._found.seqs, seqs))
        groups = np.concatenate((self._found.groups, np.full(len(rows), group, np.int32)))
        rows = np.concatenate((self._found.rows, rows))
        order = np.lexsort((seqs, times))[::-1][: self._most]
        self._found = Found(times[order], seqs[order], groups[order], rows[order])

    def found(self) -> Found:
        """Those that it kept."""
        return self._found
