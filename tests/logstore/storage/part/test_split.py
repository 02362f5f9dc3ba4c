"""Which hours get a part of their own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logstore.storage.part.split import HourSplit, split_hours


@given(st.dictionaries(st.integers(-10, 1000), st.integers(1, 50)), st.integers(1, 8))
def test_every_hour_has_one_place(rows, max_parts):
    """No hour is lost or doubled, parts are at most so many, and no mixed hour has more rows than an own one."""
    split = split_hours(rows, max_parts)
    assert sorted((*split.own, *split.mixed)) == sorted(rows)
    assert len(split.own) + bool(split.mixed) <= max_parts
    if split.own and split.mixed:
        assert min(rows[hour] for hour in split.own) >= max(rows[hour] for hour in split.mixed)


def test_examples():
    """As many hours as parts need no mixed part; one more does."""
    assert split_hours({1: 5, 2: 5}, 2) == HourSplit((1, 2), ())
    assert split_hours({1: 5, 2: 9, 3: 5}, 2) == HourSplit((2,), (1, 3))
    assert split_hours({1: 5, 2: 9}, 1) == HourSplit((), (1, 2))
    assert split_hours({1: 1, 2: 1, 3: 999}, 8) == HourSplit((3,), (1, 2))
    assert split_hours({1: 1, 3: 999}, 8) == HourSplit((1, 3), ())
