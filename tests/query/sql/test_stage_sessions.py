"""Events of one value that lie close in time."""

from __future__ import annotations

import pytest

from logstore.errors import QueryError
from tests.query.sql.laid_down import NOW_NS, ask, events

SECOND = 10**9


def _event(at_s: float, **fields: object) -> dict[str, object]:
    return {"time": NOW_NS + round(at_s * SECOND), **fields}


def test_a_pause_parts_sessions() -> None:
    """One as long as the gap does not yet; each value has sessions of its own, and they come by their start."""
    source = events(_event(0, u="a"), _event(30, u="a"), _event(60.5, u="a"), _event(10, u="b"), _event(20))
    answer = ask(source, "* | sessions u gap 30s")
    assert answer.columns == ("u", "start", "end", "count", "duration")
    assert [(row["u"], (row["start"] - NOW_NS) / SECOND, row["count"], row["duration"]) for row in answer.rows] == [
        ("a", 0, 2, 30.0),
        ("b", 10, 1, 0.0),
        ("a", 60.5, 1, 0.0),
    ]


def test_sessions_go_by_the_time_of_the_events() -> None:
    """Whatever a query has put into `time`; and 1 and 1.0 are one value."""
    source = events(_event(0, u=1), _event(1, u=1.0), _event(2, u="1"))
    rows = ask(source, "* | let time = 5 | sessions u gap 1s").rows
    assert [(row["u"], row["count"]) for row in rows] == [(1, 2), ("1", 1)]


def test_a_field_that_is_nowhere_has_no_sessions() -> None:
    """No rows, and a notice."""
    answer = ask(events(_event(0, u=1)), "* | sessions absent gap 1h")
    assert answer.rows == []
    assert answer.facts.notices


def test_far_times_are_no_overflow() -> None:
    """The longest pause that there is parts sessions like any other."""
    source = events({"time": -(2**62) - 1, "u": 1}, {"time": 2**62 + 2, "u": 1})
    assert [row["count"] for row in ask(source, "* | sessions u gap 1h").rows] == [1, 1]


def test_groups_have_no_sessions() -> None:
    """An error says where the stage belongs."""
    with pytest.raises(QueryError, match="sessions are made of events") as raised:
        ask(events(_event(0, u=1)), "* | count by u | sessions u gap 1h")
    assert "before stats" in raised.value.hint
