"""How much of unfinished messages is held."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.unfinished import SMALL_BYTES, Unfinished

LARGE = SMALL_BYTES + 1
MARK = 3 * LARGE


def test_above_the_mark_only_the_first_and_small_ones_grow():
    """Whoever began first may end; who holds next to nothing may send a whole small message."""
    unfinished = Unfinished(MARK)
    unfinished.hold(1, LARGE)
    unfinished.hold(2, LARGE)
    unfinished.hold(3, SMALL_BYTES)
    assert all(map(unfinished.may_grow, (1, 2, 3, 4)))
    unfinished.hold(2, 3 * LARGE)
    assert [unfinished.may_grow(connection) for connection in (1, 2, 3, 4)] == [True, False, True, True]


def test_who_waits_is_called_in_turn():
    """The next one when the first ends, all of them when there is room."""
    unfinished = Unfinished(MARK)
    called: list[int] = []
    for connection in (1, 2, 3):
        unfinished.hold(connection, 2 * LARGE)
        unfinished.wait(connection, lambda connection=connection: called.append(connection))
    unfinished.hold(4, LARGE)
    assert called == [1]
    unfinished.hold(1, 0)
    assert called == [1, 2]
    unfinished.leave(2)
    assert called == [1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40))
def test_somebody_may_always_go_on(steps):
    """Whatever is held, one of those who hold something may grow: nobody waits for ever."""
    unfinished = Unfinished(MARK)
    held = dict.fromkeys(range(4), 0)
    for connection, size in steps:
        held[connection] = size * LARGE
        unfinished.hold(connection, held[connection])
        holders = [one for one, size in held.items() if size]
        assert not holders or any(map(unfinished.may_grow, holders))
        assert sum(held.values()) > MARK or all(map(unfinished.may_grow, holders))
