"""Tests of ingest.ration."""

from ingest.ration import PERIOD_NS, LogRation


def test_a_kind_of_line_is_told_once_a_period():
    """And then with how many were not."""
    ration = LogRation()
    assert ration.ask("a", 0) == ""
    assert [ration.ask("a", 1), ration.ask("a", PERIOD_NS - 1)] == [None, None]
    assert ration.ask("a", PERIOD_NS) == "; 2 more like this since it was last told"
    assert ration.ask("a", 2 * PERIOD_NS) == ""


def test_kinds_are_told_apart():
    """One noisy sender does not silence the others."""
    ration = LogRation()
    assert [ration.ask(("host", kind), 0) for kind in "abc"] == ["", "", ""]


def test_many_kinds_take_no_more_memory():
    """A flood from many addresses is forgotten, oldest first."""
    ration = LogRation()
    for number in range(5000):
        assert ration.ask(number, 0) == ""
    assert len(ration._kinds) <= 1024
    assert ration.ask(4999, 1) is None
