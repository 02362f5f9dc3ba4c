"""Object storage as a place for backups, and backups of what is in object storage."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstore.errors import StorageError, WorldError
from logstore.storage.backup.objects import LOCK, ObjectTarget
from logstore.storage.backup.restore import restore_directory
from logstore.storage.backup.shelf import BackupShelf
from logstore.storage.backup.take import take_backup
from logstore.storage.directory import MissingFileError, PosixDirectory
from logstore.storage.progress import Unwatched
from logstore.storage.remote.obstore_objects import open_objects
from logstore.storage.verify.survey import Survey
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.remote.faulty_objects import FaultyObjects, ObjectFault
from tests.logstore.storage.remote.remote_store import check, drop_local, local_parts, open_remote, pass_time
from tests.logstore.storage.sender import Sender, open_store
from tests.s3 import S3Server


def target_of(objects: FaultyObjects, clock: ManualClock | None = None, owner: str = "us") -> ObjectTarget:
    """A target without time."""
    return ObjectTarget(objects, clock or ManualClock(), owner)


def test_what_was_put_can_be_got_listed_and_deleted(s3_server: S3Server):
    """On a real server: a key holds what was put under it until it is deleted."""
    target = ObjectTarget(open_objects(s3_server.location("backup-keys")), ManualClock(), "us")
    with target.lock():
        target.put("files/ab/abc", [b"one", b"two"], 6)
        target.put("backups/1.json", [b""], 0)
    assert b"".join(target.get("files/ab/abc")) == b"onetwo"
    assert (target.size("files/ab/abc"), target.size("backups/1.json"), target.size("files/x")) == (6, 0, None)
    assert (list(target.list("files/")), list(target.list("nothing/"))) == (["files/ab/abc"], [])
    target.delete("files/ab/abc")
    target.delete("files/ab/abc")
    with pytest.raises(MissingFileError):
        next(target.get("files/ab/abc"))
    assert target.size(LOCK) is None


def test_pieces_that_end_in_an_error_leave_nothing(s3_server: S3Server):
    """What could not be read to its end is not there."""

    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise WorldError("the disk is gone")

    target = ObjectTarget(open_objects(s3_server.location("backup-broken")), ManualClock(), "us")
    with pytest.raises(WorldError, match="gone"):
        target.put("files/ab/abc", pieces(), 10)
    assert list(target.list("files/")) == []


def test_one_at_a_time_writes_and_a_dead_one_is_forgotten():
    """A second writer is told who holds the place; one that died holds it for an hour, one that works for longer."""
    objects, clock = FaultyObjects(), ManualClock()
    target = target_of(objects, clock, "the first")
    with target.lock():
        for _ in range(8):
            clock.move(600)
            target.put("files/x", [b"x"], 1)
        with pytest.raises(StorageError, match=r"the first \(wait until"), target_of(objects, clock).lock():
            pass
        dead = objects.contents[LOCK]
    objects.contents[LOCK] = dead
    with pytest.raises(StorageError), target_of(objects, clock).lock():
        pass
    clock.move(3600)
    with target_of(objects, clock).lock():
        assert objects.contents[LOCK] != dead
    assert LOCK not in objects.contents


def test_backup_has_what_is_in_object_storage_only(tmp_path: Path):
    """Parts that are not here are copied from there; a restored store has all of it here, and leaves ours alone."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = open_remote(directory, objects)
    sender.send(store, 6)
    store.seal()
    pass_time(store)
    assert drop_local(store)
    target = target_of(FaultyObjects())
    taken = take_backup(directory, target, ManualClock(), Unwatched(), objects)
    assert not taken.manifest.lacking
    without = take_backup(directory, target_of(FaultyObjects()), ManualClock(), Unwatched())
    assert all("--config" in why for why in without.manifest.lacking.values())
    assert len(without.manifest.lacking) == len(objects.contents) - 1
    store.close()
    shelf = BackupShelf(target)
    restore_directory(shelf, shelf.choose(None), PosixDirectory(tmp_path / "new"), Unwatched())
    ours = dict(objects.contents)
    store = open_remote(FaultyDirectory(tmp_path / "new"), objects)
    assert store.recovery.is_clean
    check(store, sender)
    assert len(local_parts(store)) == len(ours) - 1
    pass_time(store, 3)
    assert "belongs to another data directory" in store.stats().remote.chores["upload"].last_error
    assert objects.contents == ours
    store.close()


def test_verify_leaves_out_what_is_in_object_storage_only(tmp_path: Path):
    """Parts that are not here are no fault, and it is told how many they are."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = open_remote(directory, objects)
    sender.send(store, 6)
    store.seal()
    pass_time(store)
    away = drop_local(store)
    survey = Survey(directory, ManualClock(), Unwatched(), is_deep=True)
    assert list(survey.faults()) == []
    assert survey.surveyed.away == away > 0
    store.close()


@pytest.mark.parametrize("fault", [ObjectFault.BEFORE, ObjectFault.AFTER, ObjectFault.DOWN])
def test_every_single_fault_of_a_backup(tmp_path: Path, fault: ObjectFault):
    """For every n: the n-th request fails; older backups are whole, the new one is or is none, and the next one is.

    Whoever made the backup may leave the place locked, for an hour.
    """
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    sender.send(store, 2)
    store.seal()
    older = FaultyObjects()
    take_backup(directory, target_of(older), ManualClock(), Unwatched())
    sender.send(store, 2)
    store.seal()
    sound = copy_of(older)
    now = take_backup(directory, target_of(sound), ManualClock(), Unwatched()).manifest
    assert len(sound.calls) > 10
    for number, call in enumerate(sound.calls):
        objects, clock = copy_of(older), ManualClock()
        clock.move(1)
        objects.fail_later(number, fault)
        with contextlib.suppress(WorldError):
            take_backup(directory, target_of(objects, clock), clock, Unwatched())
        objects.mend()
        clock.move(3601)
        for wanted in (1, 2):
            shelf = BackupShelf(target_of(objects))
            idents = shelf.idents()
            assert len(idents) >= wanted, (number, call)
            assert list(shelf.check(idents, Unwatched())) == [], (number, call)
            assert all(shelf.read(ident).files == now.files for ident in idents[1:]), (number, call)
            take_backup(directory, target_of(objects, clock), clock, Unwatched())
    store.close()


def copy_of(objects: FaultyObjects) -> FaultyObjects:
    """A store with the same content."""
    copied = FaultyObjects()
    copied.contents = dict(objects.contents)
    return copied
