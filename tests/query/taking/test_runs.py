"""In which order row groups and batches are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.schema import FIXED_COLUMNS
from logstore.model.snapshot import Part, RowGroup
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.plan.prune import Pruned
from query.taking.runs import Run, runs_of
from tests.query.sql.laid_down import batch

SPANS = st.tuples(st.integers(0, 30), st.integers(0, 5)).map(lambda each: (each[0], sum(each)))
PARTS = st.lists(st.lists(SPANS, min_size=1, max_size=4), max_size=5)
WINDOWS = st.one_of(st.just(EVERYTHING), st.tuples(st.integers(0, 35), st.integers(0, 35)).map(lambda w: TimeSpan(*w)))


def part_of(number: int, spans: list[tuple[int, int]]) -> Part:
    """A part with row groups of these times, of a row each."""
    groups = tuple(RowGroup(place, 1, first, last) for place, (first, last) in enumerate(spans))
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    return Part(
        str(number), 1, len(spans), 100, first, last, 0, 9, FIXED_COLUMNS, has_more=False, tags=None, row_groups=groups
    )


class _Forbidden(list[RowGroup]):
    def __iter__(self) -> Iterator[RowGroup]:
        raise AssertionError


def _expected(parts: list[list[tuple[int, int]]], window: TimeSpan) -> Iterator[tuple[int, int, int, int]]:
    for piece, spans in enumerate(parts):
        for place, (first, last) in enumerate(spans):
            if window.overlaps(first, last):
                yield last, first, piece, place


@given(PARTS, WINDOWS)
def test_the_newest_comes_first(parts: list[list[tuple[int, int]]], window: TimeSpan) -> None:
    """Each that overlaps the window once, and none after one that ends before it."""
    pruned = Pruned(tuple(part_of(*each) for each in enumerate(parts)), (), (), {})
    runs = list(runs_of(pruned, window, ()))
    assert [run.newest_ns for run in runs] == sorted((run.newest_ns for run in runs), reverse=True)
    found = [(run.newest_ns, run.oldest_ns, run.piece, run.place) for run in runs]
    assert sorted(found, key=str) == sorted(_expected(parts, window), key=str)


def test_what_is_left_out_is_not_there() -> None:
    """Parts that turned out to be unfit, and row groups that an index left out; batches are runs of their own."""
    parts = tuple(part_of(number, [(number, number), (number + 9, number + 9)]) for number in range(3))
    held = batch([{"time": 10, "_seq": 1}, {"time": 5, "_seq": 2}])
    pruned = Pruned(parts, (held,), (), {})
    pruned = replace(pruned, chosen={"2": parts[2].row_groups[:1]})
    assert list(runs_of(pruned, EVERYTHING, {"1"})) == [
        Run(10, 5, 2, 3, None),
        Run(9, 9, 1, 0, 1),
        Run(2, 2, 1, 2, 0),
        Run(0, 0, 1, 0, 0),
    ]


def test_row_groups_of_what_is_old_are_not_looked_at() -> None:
    """There may be half a million of them."""
    parts = tuple(part_of(number, [(number, number)]) for number in range(3))

    old = replace(parts[0], row_groups=_Forbidden(parts[0].row_groups))
    runs = runs_of(Pruned((old, *parts[1:]), (), (), {}), EVERYTHING, ())
    assert [next(runs).newest_ns for _ in range(2)] == [2, 1]
    assert list(runs_of(Pruned((old, *parts[1:]), (), (), {}), TimeSpan(1, None), ())) != []
