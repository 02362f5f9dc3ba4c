"""Which rows of each file a statement reads, where an index left only some of its row groups. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from logstore.model.snapshot import RowGroup
from query.plan.prune import Pruned

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""First and last row of each range, by number within the file; ascending, with gaps between them."""

_MOST_DIFFERENT = 100
"""Files with other ranges need a SELECT each, which takes some milliseconds to plan and run; a row group too many takes
about as long to read."""


def row_ranges(pruned: Pruned, *, by_tag: bool = False) -> Mapping[str, Ranges]:
    """The rows to read, by path of the part; of parts that are not in it, all.

    With `by_tag` those parts are not in it of which the database leaves out as much by the tag.

    There are few different ones: where there would be many, those of the parts that have the most rows to read become
    one, of all rows that any of these parts needs.
    """
    ranges = {
        part.path: joined(pruned.chosen[part.path])
        for part in pruned.parts
        if pruned.chosen.get(part.path) is not None and not (by_tag and part.path in pruned.ordered)
    }
    different = sorted(set(ranges.values()), key=_rows)
    if len(different) <= _MOST_DIFFERENT:
        return ranges
    own = frozenset(different[: _MOST_DIFFERENT - 1])
    shared = union(different[_MOST_DIFFERENT - 1 :])
    return {path: each if each in own else shared for path, each in ranges.items()}


def joined(groups: Iterable[RowGroup]) -> Ranges:
    """The rows of row groups, which ascend."""
    return union([tuple((group.first_row, group.first_row + group.rows - 1) for group in groups)])


def union(many: Iterable[Ranges]) -> Ranges:
    """The rows of any of them."""
    done: list[tuple[int, int]] = []
    for first, last in sorted(each for ranges in many for each in ranges):
        if done and first <= done[-1][1] + 1:
            done[-1] = (done[-1][0], max(last, done[-1][1]))
        else:
            done.append((first, last))
    return tuple(done)


def _rows(ranges: Ranges) -> tuple[int, Ranges]:
    return sum(last - first + 1 for first, last in ranges), ranges
