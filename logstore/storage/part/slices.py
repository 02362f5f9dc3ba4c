"""How the rows of parts that are merged are dealt out: into new parts, and these into slices. Pure.

A slice is what is in memory together, and is sorted by tag: the rows of a stretch of time. Slices follow each other in
time; where more rows have one time than a slice holds, they share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
        day_rows: a day gets a part of its own when it has so many rows.
        group_rows: days with fewer share one, as soon as they have so many together.
    """

    part_rows: int
    slice_rows: int
    day_rows: int
    group_rows: int


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


def deal_out_by_part(times: Sequence[Integers], kept: Sequence[Mask | None], rules: SliceRules) -> Slices:
    """Deals out the rows of parts such that few of them share slices: each is read once, and nothing is kept.

    For parts that overlap in time with those before and after, and hardly with others. Slices then overlap as they do.

    Args:
        times: as in `deal_out`, of parts in the order of their time.
        kept: as there.
        rules: as there; a slice may be half as large again, so that a part as it was sealed is one.
    """
    most = min(rules.slice_rows + rules.slice_rows // 2, rules.part_rows)
    slices: list[Numbers] = []
    sizes: list[int] = []
    for of, mask in zip(times, kept, strict=True):
        rows = np.arange(len(of)) if mask is None else np.flatnonzero(mask)
        numbers = np.full(len(of), LEFT_OUT, np.int32)
        if sizes and sizes[-1] + len(rows) <= min(rules.slice_rows, rules.part_rows):
            shares = [len(rows)]
            sizes[-1] += len(rows)
            first = len(sizes) - 1
        else:
            shares = _shares(len(rows), most)
            first = len(sizes)
            sizes += shares
        numbers[rows] = np.repeat(np.arange(first, first + len(shares), dtype=np.int32), shares)
        slices.append(numbers)
    return Slices(tuple(slices), _parts_of(times, slices, sizes, rules.part_rows))


def _parts_of(
    times: Sequence[Integers], slices: Sequence[Numbers], sizes: Sequence[int], part_rows: int
) -> tuple[NewPart, ...]:
    """Slices that follow each other make a part, as many as fit; a single one does in any case."""
    joined, numbers = np.concatenate(times), np.concatenate(slices)
    lowest = np.full(len(sizes), np.iinfo(np.int64).max)
    highest = np.full(len(sizes), np.iinfo(np.int64).min)
    is_kept = numbers >= 0
    np.minimum.at(lowest, numbers[is_kept], joined[is_kept])
    np.maximum.at(highest, numbers[is_kept], joined[is_kept])
    starts = [0]
    for place in range(1, len(sizes)):
        if sum(sizes[starts[-1] : place + 1]) > part_rows:
            starts.append(place)
    ends = [*starts[1:], len(sizes)] if sizes else []
    return tuple(
        NewPart(first, end, int(lowest[first:end].min()), int(highest[first:end].max()))
        for first, end in zip(starts, ends, strict=False)
    )


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
    days, counts = np.unique(times // NS_PER_DAY, return_counts=True)
    if len(days) <= 1:
        return [len(times)] if len(times) else []
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
