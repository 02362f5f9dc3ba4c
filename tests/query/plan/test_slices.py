"""Slices go from the newest to the oldest, leave nothing out and overlap nowhere."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.snapshot import Part, RowGroup
from logstore.model.timespan import TimeSpan
from query.plan.prune import Pruned
from query.plan.slices import SEARCH, Steps, slices_of

GROUPS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50), st.integers(1, 100_000)), max_size=30)
BOUND = st.none() | st.integers(0, 1100)


def _pruned(groups: list[tuple[int, int, int]]) -> Pruned:
    row_groups = tuple(RowGroup(0, rows, start, start + length) for start, length, rows in groups)
    part = Part("/p", 1, 1, 1, 0, 1, 1, 1, (), has_more=False, tags=None, row_groups=row_groups)
    return Pruned((part,), (), (part,), {})


@given(groups=GROUPS, start=BOUND, end=BOUND, steps=st.sampled_from([SEARCH, Steps(8_192, 4, 32_768)]))
def test_slices_partition_the_window(
    groups: list[tuple[int, int, int]], start: int | None, end: int | None, steps: Steps
) -> None:
    """Each begins where the next older one ends; the first ends and the last begins as the window does."""
    found = list(slices_of(_pruned(groups), TimeSpan(start, end), steps))
    assert found[0].end_ns == end
    assert found[-1].start_ns == start
    for newer, older in pairwise(found):
        assert newer.start_ns == older.end_ns
        assert newer.start_ns is not None
        assert newer.end_ns is None or newer.start_ns < newer.end_ns
        assert start is None or newer.start_ns > start


def test_slices_grow() -> None:
    """Many row groups make few slices: each has more rows than all the newer ones together."""
    groups = [(n * 10, 9, 32_768) for n in range(200)]
    sizes = [
        sum(rows for first, length, rows in groups if piece.overlaps(first, first + length))
        for piece in slices_of(_pruned(groups), TimeSpan())
    ]
    assert sizes[0] == 65_536
    assert len(sizes) == 5
    assert all(size > 2 * before for before, size in pairwise(sizes[:-1]))


def test_few_rows_are_one_slice() -> None:
    """A second statement would cost more than it saves."""
    assert list(slices_of(_pruned([(0, 9, 100), (10, 9, 100)]), TimeSpan(5, 7))) == [TimeSpan(5, 7)]


def test_slices_end_between_buckets() -> None:
    """Row groups of one bucket of time overlap, and are read in one slice."""
    groups = [(bucket * 100, 99 - place, 40_000) for bucket in range(4) for place in range(4)]
    found = list(slices_of(_pruned(groups), TimeSpan()))
    assert found == [TimeSpan(300), TimeSpan(100, 300), TimeSpan(None, 100)]


def test_slices_end_where_everything_overlaps() -> None:
    """Row groups that all reach far back are not one slice all the same."""
    groups = [(0, 1000 - place, 65_536) for place in range(100)]
    found = list(slices_of(_pruned(groups), TimeSpan()))
    assert len(found) == 3
    assert found[0] == TimeSpan(1000 - 8 + 1)
