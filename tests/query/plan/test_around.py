"""Lines around matches: the times looked at, and what belongs together."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.timespan import TimeSpan
from query.plan.around import Found, Match, Reach, lines_of, reached_further, windows_around

SECOND = 10**9
matches = st.lists(
    st.builds(Match, st.integers(0, 10**13), st.integers(0, 10**6), st.integers(1, 10**11), st.integers(1, 10**11)),
    min_size=1,
    max_size=100,
)


@given(matches)
def test_windows_hold_what_is_looked_at(given_matches: list[Match]) -> None:
    """They ascend with gaps between them, are few, and hold the neighbourhood of each match up to the edges."""
    edges = (min(m.time_ns for m in given_matches), max(m.time_ns for m in given_matches))
    windows = windows_around(given_matches, edges)
    assert len(windows) <= 32
    assert all((one.end_ns or 0) < (other.start_ns or 0) for one, other in pairwise(windows))
    for match in given_matches:
        first, last = max(match.time_ns - match.before_ns, edges[0]), min(match.time_ns + match.after_ns, edges[1])
        assert any(window.covers(first, last) for window in windows)


def test_the_nearest_windows_become_one() -> None:
    """Of forty windows, those with the smallest gaps between them are joined."""
    far = [Match(place * 1000 * SECOND, place) for place in range(30)]
    near = [Match(10**15 + place * 10 * SECOND, place) for place in range(10)]
    windows = windows_around(far + near, (0, 10**16))
    assert len(windows) == 32
    assert windows[:30] == [TimeSpan(max(m.time_ns - SECOND, 0), m.time_ns + SECOND + 1) for m in far]


def _found(place: int, *, match: bool = False, source: int = 0, window: int = 0, lines: int = 20) -> Found:
    return Found(window, source, place, lines, place * SECOND, 100 * source + place, match)


def test_who_lacks_lines_looks_further_on_that_side() -> None:
    """A match with too few lines before it grows there, unless the window begins where everything does."""
    (asked,) = [Match(3 * SECOND, 3)]
    found, reach = [_found(3, match=True)], Reach(5, 5)
    (grown,) = reached_further([asked], found, [TimeSpan(2 * SECOND, 9 * SECOND)], reach, (0, 99 * SECOND)) or []
    assert (grown.before_ns, grown.after_ns) == (8 * asked.before_ns, asked.after_ns)
    assert reached_further([asked], found, [TimeSpan(0, 9 * SECOND)], reach, (0, 99 * SECOND)) is None
    assert reached_further([asked], [], [TimeSpan(0, 9 * SECOND)], reach, (0, 99 * SECOND)) is None


def test_contexts_that_share_a_line_are_one_group() -> None:
    """Those that only touch are two; the group with the newest line has the first number."""
    reach = Reach(1, 1)
    places = {2, 4, 7, 8}
    found = [_found(place, match=place in places) for place in (1, 2, 3, 4, 5, 6, 7, 8, 9)]
    lines = lines_of([*found, _found(3, match=True, source=1)], reach)
    assert dict(zip(lines.seqs, lines.groups, strict=True)) == {
        **dict.fromkeys((6, 7, 8, 9), 1),
        **dict.fromkeys((1, 2, 3, 4, 5), 2),
        103: 3,
    }
    assert {seq for seq, match in zip(lines.seqs, lines.matches, strict=True) if match} == {2, 4, 7, 8, 103}
