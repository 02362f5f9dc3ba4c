"""Even slices go from the newest to the oldest, leave nothing out, and are of a size however row groups overlap."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.snapshot import Part, RowGroup
from logstore.model.timespan import MIN_NS, TimeSpan
from query.plan.even_slices import EXPORT, even_slices
from query.plan.prune import Pruned
from query.plan.slices import Steps

Group = tuple[int, int, int]
"""When it starts, how long it lasts, and how many rows it has."""

GROUPS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50), st.integers(1, 100_000)), max_size=30)
BOUND = st.none() | st.integers(0, 1100)
LONG = 1_000_000_000


def _part(groups: list[Group]) -> Part:
    row_groups = tuple(RowGroup(0, rows, start, start + length) for start, length, rows in groups)
    newest = max((group.time_max_ns for group in row_groups), default=0)
    return Part("/p", 1, 1, 1, 0, newest, 1, 1, (), has_more=False, tags=None, row_groups=row_groups)


def _pruned(*parts: list[Group]) -> Pruned:
    made = tuple(map(_part, parts))
    return Pruned(made, (), made, {})


def _rows(groups: list[Group], span: TimeSpan) -> int:
    """Of groups whose rows are spread evenly."""
    found = 0.0
    for start, length, rows in groups:
        end = start + length + 1
        first = start if span.start_ns is None else max(start, span.start_ns)
        last = end if span.end_ns is None else min(end, span.end_ns)
        found += rows * max(0, last - first) / (length + 1)
    return round(found)


@given(groups=GROUPS, start=BOUND, end=BOUND)
def test_even_slices_partition_the_window(groups: list[Group], start: int | None, end: int | None) -> None:
    """Each begins where the next older one ends; the first ends and the last begins as the window does."""
    found = list(even_slices(_pruned(groups), TimeSpan(start, end), Steps(1000, 4, 20_000)))
    assert found[0].end_ns == end
    assert found[-1].start_ns == start
    for newer, older in pairwise(found):
        assert newer.start_ns == older.end_ns
        assert newer.start_ns is not None
        assert newer.end_ns is None or newer.start_ns < newer.end_ns
        assert start is None or newer.start_ns > start


@given(
    groups=st.lists(
        st.tuples(st.integers(0, LONG), st.integers(LONG // 10, LONG), st.integers(1, 40_000)), min_size=1, max_size=20
    )
)
def test_no_even_slice_is_much_larger_than_it_should_be(groups: list[Group]) -> None:
    """However row groups overlap, no slice has more rows than the steps say, or than spare re-reading."""
    most = max(EXPORT.most_rows or 0, sum(rows for _, _, rows in groups) // 8)
    assert all(_rows(groups, span) <= most + 1 for span in even_slices(_pruned(groups), TimeSpan()))


def test_slices_of_an_export_grow_to_one_size() -> None:
    """The first rows come soon; and however many there are, no more than so many are sorted at once."""
    groups = [(n * 10, 9, 8_192) for n in range(200)]
    sizes = [_rows(groups, piece) for piece in even_slices(_pruned(groups), TimeSpan())]
    assert sizes[0] == EXPORT.first_rows
    assert set(sizes[1:-1]) == {EXPORT.most_rows}
    assert sum(sizes) == 200 * 8_192


def test_a_bucket_of_row_groups_is_cut() -> None:
    """Row groups that all span the same time are not sorted at once."""
    groups = [(0, LONG - 1, 32_768)] * 8
    sizes = [_rows(groups, piece) for piece in even_slices(_pruned(groups), TimeSpan())]
    assert len(sizes) == 9
    assert max(sizes) <= 32_768 + 1


def test_even_slices_end_between_buckets_where_they_can() -> None:
    """Where a slice is nearly large enough and nothing overlaps, it ends: nothing is read twice."""
    groups = [(bucket * LONG, LONG - 1, 20_000) for bucket in range(4)]
    found = list(even_slices(_pruned(groups), TimeSpan(), Steps(32_768, 1)))
    assert found == [TimeSpan(3 * LONG), TimeSpan(2 * LONG, 3 * LONG), TimeSpan(LONG, 2 * LONG), TimeSpan(None, LONG)]


def test_very_many_that_overlap_are_not_read_very_often() -> None:
    """A slice has as many more rows then that each row group is read eight times or so."""
    groups = [(0, LONG - 1, 32_768)] * 100
    assert len(list(even_slices(_pruned(groups), TimeSpan()))) <= 8 + 2


def test_a_slice_begins_so_many_files() -> None:
    """However few rows they have."""
    parts = [[(n * 10, 9, 1)] for n in range(10)]
    found = list(even_slices(_pruned(*parts), TimeSpan(), EXPORT, most_files=4))
    begun = [sum(span.overlaps(start, start + length) for ((start, length, _),) in parts) for span in found]
    assert begun == [4, 4, 2]


def test_events_of_one_instant_are_one_slice() -> None:
    """They cannot be told apart by time."""
    found = list(even_slices(_pruned([(5, 0, 1_000_000), (MIN_NS + 7, 0, 1_000_000)]), TimeSpan()))
    assert [span for span in found if span.overlaps(5, 5)] == [TimeSpan(5)]
