"""Who may connect, and who is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.admission import Admission, Pressure, may_read

CALM = Pressure(is_reading=True, unacked_bytes=0, are_acks_stuck=False, has_room=True, may_grow=True)


def test_connections_are_counted_in_total_and_by_source():
    """The limits say which of them was met; leaving makes a place."""
    admission = Admission(max_connections=3, max_per_source=2)
    assert admission.arrive("a") is None
    assert admission.arrive("a") is None
    assert admission.arrive("a") == "too many connections from one source"
    assert admission.arrive("b") is None
    assert admission.arrive("c") == "too many connections"
    admission.leave("a")
    assert admission.arrive("c") is None


def test_after_closing_nobody_is_taken():
    """A listener that shuts down takes no one, whatever its limits."""
    admission = Admission(10, 10)
    admission.close()
    assert admission.arrive("a") == "shutting down"


@pytest.mark.parametrize(
    ("pressure", "expected"),
    [
        (CALM, True),
        (replace(CALM, unacked_bytes=100), True),
        (replace(CALM, unacked_bytes=101), False),
        (replace(CALM, is_reading=False, unacked_bytes=51), False),
        (replace(CALM, is_reading=False, unacked_bytes=50), True),
        (replace(CALM, are_acks_stuck=True), False),
        (replace(CALM, has_room=False), False),
        (replace(CALM, may_grow=False), False),
    ],
)
def test_pressure_stops_reading(pressure, expected):
    """No room, unread acks, too much unacked or unfinished stop reading; it goes on at half the mark."""
    assert may_read(pressure, max_unacked_bytes=100) is expected
