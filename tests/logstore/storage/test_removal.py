"""Removing files once nobody can be reading them."""

from __future__ import annotations

from logstore.storage.directory import PosixDirectory
from logstore.storage.lease import hold_lease
from logstore.storage.removal import Removals
from tests.logstore.storage.manual_clock import ManualClock


def a_file(tmp_path) -> tuple[PosixDirectory, ManualClock, Removals]:
    """A directory with the file `f`, and what removes it after ten seconds."""
    directory, clock = PosixDirectory(tmp_path), ManualClock()
    directory.make("leases")
    directory.create("f").close()
    return directory, clock, Removals(directory, clock, 10)


def test_grace_period(tmp_path):
    """A file goes when its grace period is over, not before."""
    directory, clock, removals = a_file(tmp_path)
    removals.retire(["f"])
    assert removals.sweep() == 0
    clock.move(10)
    assert removals.sweep() == 1
    assert not directory.exists("f")
    assert removals.waiting == 0


def test_open_snapshots_keep_files(tmp_path):
    """A snapshot that was open at the retirement keeps the file; one that was taken later does not."""
    directory, clock, removals = a_file(tmp_path)
    older = removals.pin()
    removals.retire(["f"])
    removals.pin()
    clock.move(99)
    assert removals.sweep() == 0
    assert directory.exists("f")
    removals.unpin(older)
    assert removals.sweep() == 1


def test_leases_keep_files(tmp_path):
    """A reader of another process that was there at the retirement keeps the file."""
    directory, clock, removals = a_file(tmp_path)
    with hold_lease(directory, lambda: "A"):
        removals.retire(["f"])
        clock.move(99)
        assert removals.sweep() == 0
    with hold_lease(directory, lambda: "B"):
        assert removals.sweep() == 1


def test_files_that_are_gone_already(tmp_path):
    """A retired file that somebody removed is no error."""
    directory, clock, removals = a_file(tmp_path)
    removals.retire(["f"])
    directory.remove("f")
    clock.move(10)
    assert removals.sweep() == 1
