"""Stopping intake before the disk is full."""

from __future__ import annotations

import pytest

from logstore.storage.directory import Space
from logstore.storage.disk_space import DiskSpace, DiskState, Marks, seen
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import open_store

MARKS = Marks(0.1, 1000)


@pytest.mark.parametrize(
    ("total", "low", "high"), [(100, 10, 12), (10_000, 1000, 1200), (1_000_000, 1000, 1200), (0, 0, 0)]
)
def test_the_low_mark_is_a_share_of_small_disks_and_no_more_than_so_much_of_large_ones(total, low, high):
    """Both bounds hold; the high mark is a fifth above."""
    assert (MARKS.low(total), MARKS.high(total)) == (low, high)


def test_between_the_marks_it_stays_as_it_was():
    """Intake stops below the low mark and goes on above the high one; each stop is counted."""
    state = DiskState(Space(0, 0), 0)
    told = []
    for free in (1100, 1000, 999, 1100, 1199, 1200, 1100, 0):
        state = seen(state, Space(100_000, free), MARKS)
        told.append((state.is_full, state.stops))
    assert told == [(False, 0), (False, 0), (True, 1), (True, 1), (True, 1), (False, 1), (False, 1), (True, 2)]


def test_marks_of_zero_never_stop_anything():
    """Either setting turns it off."""
    for marks in (Marks(0.0, 1000), Marks(0.1, 0)):
        assert not seen(DiskState(Space(0, 0), 0), Space(100, 0), marks).is_full


def test_the_last_share_can_be_kept_free():
    """A share of one stops intake until the whole disk is free, however large it is."""
    assert seen(DiskState(Space(0, 0), 0), Space(100, 99), Marks(1.0, 10**18)).is_full


def test_those_who_wait_are_let_in_when_there_is_room(tmp_path, caplog):
    """A store on a full disk says so, once a minute, and takes more as soon as space is freed."""
    directory, clock = FaultyDirectory(tmp_path), ManualClock()
    directory.disk = Space(100_000, 10)
    disk = DiskSpace(directory, MARKS, clock)
    called = []
    disk.look()
    disk.look()
    disk.when_room(lambda: called.append(1))
    assert not disk.has_room()
    assert caplog.text.count("nothing is taken in") == 1
    assert "10 bytes are free, and 1,000 are kept free" in str(disk.refusal)
    clock.move(60)
    disk.look()
    assert caplog.text.count("nothing is taken in") == 2
    directory.disk = Space(100_000, 50_000)
    disk.look()
    assert (called, disk.has_room(), disk.refusal) == ([1], True, None)
    disk.when_room(lambda: called.append(2))
    assert called == [1, 2]
    assert disk.has_room_for(49_000)
    assert not disk.has_room_for(49_001)


def test_a_store_has_no_room_while_its_disk_has_none(tmp_path):
    """Intake asks the store, which answers for memory and disk together."""
    directory = FaultyDirectory(tmp_path)
    store = open_store(directory)
    called = []
    directory.disk = Space(1 << 40, 1)
    store._machinery.disk.look()
    assert not store.has_room()
    assert store.refusal is not None
    store.wait_room(lambda: called.append(1))
    assert called == []
    directory.disk = Space(1 << 40, 1 << 39)
    store._machinery.disk.look()
    assert called == [1]
    assert store.has_room()
    store.close()
