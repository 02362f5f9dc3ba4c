"""Tests of logstore.app.facts."""

from logstore.app.facts import Facts


def test_facts_survive_the_round_trip_and_fit_a_header():
    """The text is one line of ASCII, whatever the notices say, and reads back the same."""
    facts = Facts(3, 2, ("ünï\ncode",), 5, "2026-11-22T10:00:00.000000000Z", 0.25, {"parts": 1})
    text = facts.to_json()
    assert text.isascii()
    assert b"\n" not in text
    assert Facts.from_json(text) == facts
