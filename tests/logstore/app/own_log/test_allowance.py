"""Tests of logstore.app.own_log.allowance."""

from hypothesis import given
from hypothesis import strategies as st

from logstore.app.own_log.allowance import ALL_AT_ONCE, ALL_PER_S, KIND_AT_ONCE, KIND_PER_S, Allowance

SECOND_NS = 10**9


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5 * SECOND_NS)),
        max_size=300,
    )
)
def test_lines_are_at_most_the_rate_in_any_span(asked):
    """However lines come, each kind and all together keep their rates."""
    allowance, now_ns = Allowance(0), 0
    taken = []
    for kind, later_ns in asked:
        now_ns += later_ns
        if allowance.take(kind, now_ns):
            taken.append((kind, now_ns))
    for first, (_, start_ns) in enumerate(taken):
        span_s = (taken[-1][1] - start_ns) / SECOND_NS
        assert len(taken) - first <= ALL_AT_ONCE + ALL_PER_S * span_s + 1
        for kind in range(4):
            count = sum(each == kind for each, _ in taken[first:])
            assert count <= KIND_AT_ONCE + KIND_PER_S * span_s + 1e-6


def test_a_kind_that_repeats_leaves_room_for_others():
    """A loop does not hide what is told once."""
    allowance = Allowance(0)
    assert sum(allowance.take("loop", 0) for _ in range(100)) == KIND_AT_ONCE
    assert allowance.take("other", 0)
    assert allowance.take("loop", 6 * SECOND_NS)
    assert not allowance.take("loop", 6 * SECOND_NS)


def test_many_kinds_have_a_bound_together():
    """Messages that differ each time are not a way around it, nor do they take memory for ever."""
    allowance = Allowance(0)
    assert sum(allowance.take(kind, 0) for kind in range(10_000)) == ALL_AT_ONCE
    assert len(allowance._kinds) <= 1_024
