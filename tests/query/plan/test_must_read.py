"""How many events must be looked at before an answer can begin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.model.snapshot import Part, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan import logical
from query.plan.demand import Demand
from query.plan.lower import lower
from query.plan.must_read import looked_at, must_read, rows_within
from query.plan.prune import Bounds, Search, prune
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.sql.compile import SHAPE, compile_plan
from tests.query.plan.test_newest import _TIMES, _part

PARTS = tuple(_part(n, [[10 * n + 1, 10 * n + 2, 10 * n + 3], [10 * n + 7, 10 * n + 8]]) for n in range(3))
SNAPSHOT = Snapshot(100, PARTS)
ROWS = 15


def _plan(text: str, window: TimeSpan = EVERYTHING) -> logical.Plan:
    return optimise(lower(parse(text), 0, window))


def _must_read(text: str, window: TimeSpan = EVERYTHING) -> int:
    plan = _plan(text, window)
    return must_read(plan, compile_plan(plan, Pruning(SNAPSHOT), SHAPE).pruned)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("*", 0),
        ("tag:>a | let x = 1 | fields x", 0),
        ("* | count", ROWS),
        ("* | sort tag", ROWS),
        ("* | dedup tag", ROWS),
        ("* | top tag", ROWS),
        ("* | facets", ROWS),
        ("* | patterns", ROWS),
        ("* | limit 4 | patterns", 4),
        ("* | limit 4 | let x = 1 | count", 4),
        ("* | limit 400 | count", ROWS),
        ("tag:>a | limit 4 | count", ROWS),
        ("* | count by tag | join (* | count by tag) on tag", 2 * ROWS),
        ("* | join (* | limit 4 | count by tag) on tag", 2 * ROWS),
        ("tag:in(* | count by tag | fields tag)", ROWS),
        ("tag:in(* | fields tag) | count", 2 * ROWS),
    ],
)
def test_what_groups_or_sorts_reads_all_that_is_left(text: str, rows: int) -> None:
    """What goes row by row reads nothing before its first row; but queries inside it come first."""
    assert _must_read(text) == rows


def test_row_groups_outside_of_the_window_are_not_read() -> None:
    """Of a file that the window cuts."""
    assert _must_read("* | count", TimeSpan(4, 20)) == 2 + 5
    assert _must_read("* | count", TimeSpan(3, 12)) == 5 + 3
    assert _must_read("* | count", TimeSpan(None, 7)) == 3
    assert _must_read("* | count", TimeSpan(100, None)) == 0


def test_all_that_a_query_inside_another_looks_at() -> None:
    """Also where it goes row by row: its rows are wanted to the last one."""
    plan = _plan("* | fields tag")
    assert looked_at(plan, Pruning(SNAPSHOT).of_plan(plan)) == ROWS
    plan = _plan("* | limit 4 | fields tag")
    assert looked_at(plan, Pruning(SNAPSHOT).of_plan(plan)) == 4


@given(files=st.lists(_TIMES, max_size=4), start=st.none() | st.integers(0, 50), end=st.none() | st.integers(0, 50))
def test_no_event_of_the_window_is_missed(files: list[list[list[int]]], start: int | None, end: int | None) -> None:
    """Just those of the row groups of which the window holds any time."""
    window = TimeSpan(start, end)
    parts: list[Part] = [_part(number, groups) for number, groups in enumerate(files)]
    pruned = prune(Snapshot(100, tuple(parts)), Bounds(window, 100), Search(Demand()))
    groups = [times for part in files for times in part if window.overlaps(min(times), max(times))]
    assert rows_within(pruned) == sum(map(len, groups))
