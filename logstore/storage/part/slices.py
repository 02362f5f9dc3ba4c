"""How the rows of parts that are merged are dealt out: into new parts, and these into slices. Pure.

A slice is what is in memory together, and is sorted by tag: the rows of a stretch of time. Slices follow each other in
time; where more rows have one time than a slice holds, they share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logstore.model.snapshot import RowGroup
from logstore.model.timespan import NS_PER_DAY
from logstore.storage.part.order import Integers

Numbers = np.ndarray[Any, np.dtype[np.int32]]

Mask = np.ndarray[Any, np.dtype[np.bool_]]

LEFT_OUT = -1
"""The slice of a row that is deleted."""


@dataclass(frozen=True, slots=True)
class SliceRules:
    """How large things become.

    Attributes:
        part_rows: most rows of a part.
        slice_rows: most rows of a slice.
        least_rows: fewer rows are put into one slice with those that follow, where rows keep their order.
        day_rows: a day gets a part of its own when it has so many rows.
        group_rows: days with fewer share one, as soon as they have so many together.
    """

    part_rows: int
    slice_rows: int
    day_rows: int
    group_rows: int
    least_rows: int = 1

    @property
    def most_kept_rows(self) -> int:
        """Most rows of a slice of rows that keep their order; a part has room for one."""
        return min(self.slice_rows, self.part_rows)


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part that is to be made of the slices [first, end); its events have these times, both inclusive."""

    first: int
    end: int
    time_min_ns: int
    time_max_ns: int


@dataclass(frozen=True, slots=True)
class Slices:
    """Where each row goes.

    Attributes:
        of_row: for each merged part, the slice of each of its rows, or `LEFT_OUT`.
        parts: the new parts, by time.
    """

    of_row: tuple[Numbers, ...]
    parts: tuple[NewPart, ...]


def deal_out(times: Sequence[Integers], kept: Sequence[Mask | None], rules: SliceRules) -> Slices:
    """Deals out the rows of parts.

    Args:
        times: the time of each row, UTC nanoseconds, for each part.
        kept: which rows are not deleted; None for all of them.
        rules: how large things become.
    """
    joined = np.concatenate([*times, np.empty(0, np.int64)])
    order = np.argsort(joined, kind="stable")
    if any(mask is not None for mask in kept):
        masks = [np.ones(len(of), bool) if mask is None else mask for of, mask in zip(times, kept, strict=True)]
        order = order[np.concatenate(masks)[order]]
    sizes, parts = _sizes(joined[order], rules)
    slices = np.full(len(joined), LEFT_OUT, np.int32)
    slices[order] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    ends = np.cumsum([len(one) for one in times])
    return Slices(tuple(np.split(slices, ends[:-1])), parts)


def keep_order(groups: Sequence[Sequence[RowGroup]], kept: Sequence[Mask | None], rules: SliceRules) -> Slices:
    """Leaves the rows of parts in the order that they have: each row group is read once, and none is kept for later.

    For parts that overlap in time with those before and after, and hardly with others. The new parts then overlap as
    they do. Row groups that are smaller than a slice of `least_rows` share one with those that follow.

    Args:
        groups: the row groups of each part, of parts in the order of their time.
        kept: which rows of each part are not deleted; None for all of them.
        rules: how large things become.
    """
    of_row: list[Numbers] = []
    slices: list[_Slice] = []
    for of_part, mask in zip(groups, kept, strict=True):
        numbers = np.full(sum(group.rows for group in of_part), LEFT_OUT, np.int32)
        for group in of_part:
            end = group.first_row + group.rows
            rows = np.arange(group.first_row, end) if mask is None else _marked(mask, group.first_row, end)
            for share in np.array_split(rows, -(-len(rows) // rules.most_kept_rows)) if len(rows) else ():
                if not slices or not slices[-1].has_room(len(share), rules):
                    slices.append(_Slice(group.time_min_ns, group.time_max_ns))
                slices[-1].add(group, len(share))
                numbers[share] = len(slices) - 1
        of_row.append(numbers)
    return Slices(tuple(of_row), _parts_of(slices, rules.part_rows))


def _marked(mask: Mask, first: int, end: int) -> Integers:
    return np.flatnonzero(mask[first:end]) + first


@dataclass(slots=True)
class _Slice:
    """A slice that row groups are added to, and the span of their times."""

    time_min_ns: int
    time_max_ns: int
    rows: int = 0

    def has_room(self, more: int, rules: SliceRules) -> bool:
        """Whether rows may be added: to those that are too few for a slice of their own."""
        return self.rows < rules.least_rows and self.rows + more <= rules.most_kept_rows

    def add(self, group: RowGroup, rows: int) -> None:
        """Adds rows of a row group."""
        self.time_min_ns = min(self.time_min_ns, group.time_min_ns)
        self.time_max_ns = max(self.time_max_ns, group.time_max_ns)
        self.rows += rows


def _parts_of(slices: Sequence[_Slice], part_rows: int) -> tuple[NewPart, ...]:
    """Slices that follow each other make a part, as many as fit."""
    parts: list[NewPart] = []
    rows = 0
    for number, one in enumerate(slices):
        if not parts or rows + one.rows > part_rows:
            parts.append(NewPart(number, number + 1, one.time_min_ns, one.time_max_ns))
            rows = one.rows
            continue
        last = parts[-1]
        start, end = min(last.time_min_ns, one.time_min_ns), max(last.time_max_ns, one.time_max_ns)
        parts[-1] = NewPart(last.first, number + 1, start, end)
        rows += one.rows
    return tuple(parts)


def _sizes(times: Integers, rules: SliceRules) -> tuple[list[int], tuple[NewPart, ...]]:
    """The rows of each slice, of rows that rise by time, and the parts that they make."""
    sizes: list[int] = []
    parts = []
    row = 0
    for rows in split_days(times, rules):
        for count in _shares(rows, rules.part_rows):
            first = len(sizes)
            sizes += _shares(count, rules.slice_rows)
            parts.append(NewPart(first, len(sizes), int(times[row]), int(times[row + count - 1])))
            row += count
    return sizes, tuple(parts)


def split_days(times: Integers, rules: SliceRules) -> list[int]:
    """How many of these rows, which rise by time, go together: those of a large day, or of small ones in a row."""
    if not len(times) or times[0] // NS_PER_DAY == times[-1] // NS_PER_DAY:
        return [len(times)] if len(times) else []
    _, counts = np.unique(times // NS_PER_DAY, return_counts=True)
    groups: list[int] = []
    gathered = 0
    for count in counts.tolist():
        if count >= rules.day_rows:
            groups += [gathered, count] if gathered else [count]
            gathered = 0
            continue
        gathered += count
        if gathered >= rules.group_rows:
            groups.append(gathered)
            gathered = 0
    return [*groups, gathered] if gathered else groups


def _shares(rows: int, most: int) -> list[int]:
    """`rows` in as few equal shares as possible, of at most `most`."""
    count = -(-rows // most)
    return [rows * (place + 1) // count - rows * place // count for place in range(count)]
