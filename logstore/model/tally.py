"""Tallies: numbers of rows that are kept beside a part, so that they need not be counted again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from logstore.model.timespan import EVERYTHING, NS_PER_SECOND, TimeSpan

BIN_NS = 10 * NS_PER_SECOND
"""Width of the bins of time. Shorter ones make tallies of many tags as long as the rows that they count."""

Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class ValuesTally:
    """The values of a column, each once, and how many rows have each; rows that are in none have no value."""

    values: pa.Array
    rows: Integers

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return int(self.values.nbytes + self.rows.nbytes)


@dataclass(frozen=True, slots=True)
class VolumeRows:
    """How many rows there are of each tag, level and bin of time; each combination once, only those that occur.

    Attributes:
        tags, levels: that occur; None is a missing one, and where tags are not told apart the only tag is None.
        tag, level: of each combination, as places among these.
        starts_ns: where the bins begin, UTC nanoseconds.
        rows: of each combination, how many.
    """

    tags: tuple[str | None, ...]
    levels: tuple[str | None, ...]
    tag: Integers
    level: Integers
    starts_ns: Integers
    rows: Integers


@dataclass(frozen=True, slots=True)
class VolumeTally:
    """The same, kept small: combinations ascend by tag, level and bin, and those of one tag and level are a run.

    Attributes:
        tags, levels: as in `VolumeRows`.
        run_tags, run_levels: of each run, as places among these.
        ends: of each run, the place behind its last combination.
        first_bin: the number of the first bin, `BIN_NS` each.
        bins: of each combination, how many bins it lies behind the first one.
        rows: of each combination, how many; of as few bytes each as they need.
    """

    tags: tuple[str | None, ...]
    levels: tuple[str | None, ...]
    run_tags: Integers
    run_levels: Integers
    ends: Integers
    first_bin: int
    bins: np.ndarray[Any, np.dtype[np.int32]]
    rows: np.ndarray[Any, np.dtype[np.signedinteger[Any]]]

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        arrays = (self.run_tags, self.run_levels, self.ends, self.bins, self.rows)
        return sum(each.nbytes for each in arrays) + sum(len(tag or "") for tag in self.tags)

    def of(
        self, tags: Collection[str] | None = None, window: TimeSpan = EVERYTHING, *, by_time: bool = True
    ) -> VolumeRows:
        """The combinations of these tags, None for all, in bins that overlap the window: no others are looked at.

        Unless `by_time`, those of one tag and level may be added up, in the first bin that has any.
        """
        picking = _Picking(window, by_time or window != EVERYTHING)
        if tags is None or self.tags == (None,):
            return self._of_runs(self.tags, 0, len(self.ends), picking)
        wanted = [tag for tag in self.tags if tag in tags]
        pieces = [self._of_tag(tag, picking) for tag in wanted]
        if len(pieces) == 1:
            return pieces[0]
        arrays = [np.concatenate([np.array([], np.int64), *each]) for each in zip(*map(_arrays, pieces), strict=True)]
        level, starts_ns, rows = arrays or [np.array([], np.int64)] * 3
        tag = np.repeat(np.arange(len(wanted)), [len(piece.rows) for piece in pieces])
        return VolumeRows(tuple(wanted), self.levels, tag, level, starts_ns, rows)

    def _of_tag(self, tag: str | None, picking: _Picking) -> VolumeRows:
        place = self.tags.index(tag)
        first, end = np.searchsorted(self.run_tags, (place, place + 1)).tolist()
        found = self._of_runs((tag,), first, end, picking)
        return replace(found, tag=found.tag - place)

    def _of_runs(self, tags: tuple[str | None, ...], first: int, end: int, picking: _Picking) -> VolumeRows:
        begin = int(self.ends[first - 1]) if first else 0
        lengths = np.diff(self.ends[first:end], prepend=begin)
        within = slice(begin, begin + int(lengths.sum()))
        tag, level, bins, rows = (
            self.run_tags[first:end],
            self.run_levels[first:end],
            self.bins[within],
            self.rows[within],
        )
        if picking.by_time:
            tag, level, numbers = np.repeat(tag, lengths), np.repeat(level, lengths), rows.astype(np.int64)
        else:
            starts = self.ends[first:end] - lengths - begin
            bins, numbers = bins[starts], np.add.reduceat(rows, starts, dtype=np.int64) if len(starts) else rows
        starts_ns = (bins.astype(np.int64) + self.first_bin) * BIN_NS
        found = VolumeRows(tags, self.levels, tag, level, starts_ns, numbers)
        return found if picking.window == EVERYTHING else _within(found, picking.window)


@dataclass(frozen=True, slots=True)
class _Picking:
    """What is wanted: of which time, and whether bins are told apart."""

    window: TimeSpan
    by_time: bool


def _arrays(rows: VolumeRows) -> tuple[Integers, Integers, Integers]:
    return rows.level, rows.starts_ns, rows.rows


def _within(rows: VolumeRows, window: TimeSpan) -> VolumeRows:
    wanted = np.ones(len(rows.rows), bool)
    if window.start_ns is not None:
        # The earliest bin may begin before the window and have no event there.
        wanted &= rows.starts_ns > window.start_ns - BIN_NS
    if window.end_ns is not None:
        wanted &= rows.starts_ns < window.end_ns
    if wanted.all():
        return rows
    tag, level, starts_ns, numbers = (each[wanted] for each in (rows.tag, *_arrays(rows)))
    return VolumeRows(rows.tags, rows.levels, tag, level, starts_ns, numbers)
