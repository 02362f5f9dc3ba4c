"""Tests of logstore.app.histogram."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.app.histogram import MOST_BUCKETS, grid_over, histogram_question
from logstore.errors import QueryError
from logstore.model.tally import BIN_NS
from logstore.model.timespan import MAX_NS, MIN_NS, TimeSpan
from query.lang.parse import parse
from query.plan.countable import counted_of
from query.plan.lower import lower
from query.plan.rules import optimise

TIMES = st.integers(MIN_NS // 2, MAX_NS // 2)
HOUR = 3600 * 10**9


@given(TIMES, TIMES, st.integers(1, MOST_BUCKETS))
def test_bars_cover_the_window(one, other, buckets):
    """All of it, with none to spare; as many as wanted at most, and one more at the start."""
    window = TimeSpan(min(one, other), max(one, other) + 1)
    grid = grid_over(window, buckets)
    step = grid.step_ms * 1_000_000
    assert 1 <= grid.count <= buckets + 1
    assert grid.start_ns <= window.start_ns < grid.start_ns + step
    assert grid.start_ns % step == 0
    last = grid.start_ns + (grid.count - 1) * step
    assert last < window.end_ns <= last + step
    assert [grid.place(start) for start in grid.starts] == list(range(grid.count))


@pytest.mark.parametrize(
    ("span_ns", "buckets", "step_ms"),
    [
        (1, 100, 1),
        (HOUR, 100, 60_000),
        (24 * HOUR, 100, 900_000),
        (HOUR // 4, 100, 10_000),
        (10_000 * HOUR, 10, 3_628_800_000),
    ],
)
def test_bars_are_readable(span_ns, buckets, step_ms):
    """Seconds, minutes, hours, whole days."""
    assert grid_over(TimeSpan(0, span_ns), buckets).step_ms == step_ms


@pytest.mark.parametrize("text", ["", "*", "tag:app.* -level:debug"])
def test_tallies_can_tell_them(text):
    """Where nothing but tag and level is looked at: no event is read for them then."""
    grid = grid_over(TimeSpan(0, HOUR), 100)
    plan = optimise(lower(parse(histogram_question(text, grid)), 0, grid.window))
    counted = counted_of(plan)
    assert counted.is_of_volume
    assert [width % BIN_NS for width in counted.widths_ns] == [0]


def test_a_text_that_is_no_query_is_not_made_one():
    """What comes behind it closes nothing that it leaves open."""
    with pytest.raises(QueryError):
        histogram_question('"open', grid_over(TimeSpan(0, HOUR), 100))
