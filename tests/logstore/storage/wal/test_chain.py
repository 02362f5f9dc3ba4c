"""Which segments of a log count."""

from __future__ import annotations

from logstore.storage.wal.chain import Chain, Link, follow_chain
from logstore.storage.wal.format import Position, SegmentHeader


def header(first_seq: int, previous: tuple[int, int] | None) -> SegmentHeader:
    """A header; `previous` is a segment and an offset."""
    return SegmentHeader(first_seq, 0, None if previous is None else Position(*previous))


def test_sound_log():
    """Each segment counts up to the position that the next one names, the newest to its end."""
    chain = follow_chain({1: header(1, None), 5: header(5, (1, 100)), 9: header(9, (5, 200))})
    assert chain == Chain((Link(1, 100), Link(5, 200), Link(9, None)), (), ())


def test_segments_beside_the_chain_are_void():
    """A segment that was begun and given up before anything in it was acknowledged is skipped."""
    chain = follow_chain({1: header(1, None), 5: header(5, (1, 100)), 9: header(9, (1, 100))})
    assert chain == Chain((Link(1, 100), Link(9, None)), (), ())


def test_damaged_header():
    """The segment is told, and its neighbour counts whole: nothing says where it ended."""
    chain = follow_chain({1: header(1, None), 5: None, 9: header(9, (5, 200))})
    assert chain == Chain((Link(1, None), Link(9, None)), (5,), ())


def test_missing_segment():
    """A segment that is named and not there is told; older ones count."""
    chain = follow_chain({1: header(1, None), 9: header(9, (5, 200))})
    assert chain == Chain((Link(1, None), Link(9, None)), (), (5,))


def test_fresh_start_makes_older_segments_void():
    """A header that names no predecessor begins the log."""
    assert follow_chain({1: header(1, None), 9: header(9, None)}) == Chain((Link(9, None),), (), ())


def test_no_log():
    """No segments, no chain."""
    assert follow_chain({}) == Chain((), (), ())
