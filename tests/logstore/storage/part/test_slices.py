"""Dealing out the rows of parts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logstore.model.snapshot import RowGroup
from logstore.storage.part.slices import LEFT_OUT, SliceRules, keep_order

row_groups = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=6)


def groups_of(found: list[tuple[int, int, int]]) -> tuple[RowGroup, ...]:
    """Row groups of some rows and times, one after the other."""
    groups: list[RowGroup] = []
    for rows, one, other in found:
        first = groups[-1].first_row + groups[-1].rows if groups else 0
        groups.append(RowGroup(first, rows, min(one, other), max(one, other)))
    return tuple(groups)


@given(st.lists(row_groups, min_size=1, max_size=4), st.data())
def test_rows_that_keep_their_order_are_dealt_out_once(found, data):
    """Slices rise from row to row, none is too large, and parts hold all of them."""
    part_rows, slice_rows = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 20))
    rules = SliceRules(part_rows, slice_rows, 5, 5, data.draw(st.integers(1, 20)))
    groups = [groups_of(each) for each in found]
    kept = [
        data.draw(st.none() | st.lists(st.booleans(), min_size=rows, max_size=rows).map(np.array))
        for rows in (sum(group.rows for group in each) for each in groups)
    ]
    slices = keep_order(groups, kept, rules)
    numbers = np.concatenate(slices.of_row)
    there = numbers[numbers != LEFT_OUT]
    assert len(there) == sum(int(mask.sum()) if mask is not None else len(of) for mask, of in _pairs(kept, slices))
    for mask, of in _pairs(kept, slices):
        assert mask is None or bool((of[~mask] == LEFT_OUT).all())
    assert bool((np.diff(there) >= 0).all())
    counts = np.bincount(there)
    assert all(0 < count <= min(part_rows, slice_rows) for count in counts.tolist())
    assert [one.first for one in slices.parts] == [0, *(one.end for one in slices.parts[:-1])][: len(slices.parts)]
    assert (slices.parts[-1].end if slices.parts else 0) == len(counts)
    assert all(counts[one.first : one.end].sum() <= part_rows for one in slices.parts)
    _check_times(groups, slices)


def _pairs(kept, slices):
    return list(zip(kept, slices.of_row, strict=True))


def _check_times(groups, slices) -> None:
    """A new part spans the times of the row groups that it has rows of."""
    for part in slices.parts:
        used = [
            group
            for of_part, of_row in zip(groups, slices.of_row, strict=True)
            for group in of_part
            if any(part.first <= number < part.end for number in of_row[group.first_row : group.first_row + group.rows])
        ]
        assert part.time_min_ns == min(group.time_min_ns for group in used)
        assert part.time_max_ns == max(group.time_max_ns for group in used)


def test_a_row_group_is_read_for_one_slice():
    """Row groups of a usual size are a slice each; small ones share one with those that follow, of any part."""
    rules = SliceRules(100, 60, 5, 5, 20)
    groups = [groups_of([(40, 0, 9), (30, 0, 9), (5, 0, 9)]), groups_of([(5, 5, 15), (25, 5, 15), (70, 5, 15)])]
    slices = keep_order(groups, [None, None], rules)
    assert [np.unique(of, return_counts=True)[1].tolist() for of in slices.of_row] == [[40, 30, 5], [30, 35, 35]]
    assert slices.of_row[0][-1] == slices.of_row[1][0]
