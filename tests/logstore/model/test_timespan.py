"""Tests of ranges of time."""

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.timespan import EVERYTHING, TimeSpan

BOUND = st.none() | st.integers(-5, 5)
SPANS = st.builds(TimeSpan, BOUND, BOUND)
INSTANTS = range(-7, 8)


def holds(span, instant):
    """Whether an instant lies in a span."""
    after = span.start_ns is None or instant >= span.start_ns
    return after and (span.end_ns is None or instant < span.end_ns)


@given(SPANS, SPANS)
def test_intersection(one, other):
    """An instant is in the intersection if it is in both."""
    both = one.intersect(other)
    assert [holds(both, i) for i in INSTANTS] == [holds(one, i) and holds(other, i) for i in INSTANTS]


@given(SPANS, st.integers(-6, 6), st.integers(0, 5))
def test_overlap_and_cover(span, first, length):
    """Cover is about every instant; overlap is never denied where one lies in the span."""
    inside = [holds(span, instant) for instant in range(first, first + length + 1)]
    assert span.covers(first, first + length) == all(inside)
    if any(inside):
        assert span.overlaps(first, first + length)
    elif span.start_ns is None or span.end_ns is None or span.start_ns < span.end_ns:
        assert not span.overlaps(first, first + length)


def test_everything():
    """No bounds, everything in it."""
    assert EVERYTHING.covers(-(2**63), 2**63 - 1)
    assert EVERYTHING.intersect(TimeSpan(1, 2)) == TimeSpan(1, 2)
