"""Making backups and bringing them back."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from logstore.errors import CallerError, CorruptionError, StorageError, WorldError
from logstore.storage.backup.local import LocalTarget
from logstore.storage.backup.manifest import Kept, Manifest, decode_manifest
from logstore.storage.backup.restore import restore_directory, restore_parts
from logstore.storage.backup.shelf import BackupShelf
from logstore.storage.backup.take import take_backup
from logstore.storage.directory import PosixDirectory
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import chunk, ids, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import open_store
from tests.logstore.storage.verify.damage import flip, whole
from tests.logstore.storage.verify.watching import Watching


def add(store, name: str, *, is_sealed: bool = True) -> None:
    """A chunk of one event, sealed into a part or left in the log."""
    store.submit(chunk(lines([name]), name.encode())).result(10)
    if is_sealed:
        store.seal()


def take(data: Path, place: Path, seconds: int = 0):
    """A backup, made so long after the start."""
    clock = ManualClock()
    clock.move(seconds)
    return take_backup(PosixDirectory(data), LocalTarget(PosixDirectory(place)), clock, Watching())


def shelf_of(place: Path) -> BackupShelf:
    """The backups of a place."""
    return BackupShelf(LocalTarget(PosixDirectory(place)))


def events_of(path: Path) -> list[str]:
    """What a store on this directory serves."""
    store = open_store(FaultyDirectory(path))
    with store.snapshot() as snapshot:
        found = ids(snapshot)
    store.close()
    return found


def restored(place: Path, path: Path, ident: str | None = None) -> list[str]:
    """The events of a backup."""
    shelf = shelf_of(place)
    restore_directory(shelf, shelf.choose(ident), PosixDirectory(path), Watching())
    return events_of(path)


@pytest.fixture
def data(tmp_path):
    """A store that is open, with a part, and a chunk in its log; and its directory."""
    store = open_store(FaultyDirectory(tmp_path / "data"))
    add(store, "a")
    add(store, "b", is_sealed=False)
    yield store, tmp_path / "data"
    store.close()


def test_backups_share_what_they_have_in_common(data, tmp_path):
    """Each is of its instant; the second copies nothing that the first has, and reads no part again."""
    store, path = data
    place = tmp_path / "place"
    first = take(path, place)
    add(store, "c")
    second = take(path, place, 1)
    third = take(path, place, 2)
    assert second.new_bytes < first.new_bytes + second.manifest.size
    assert third.new_files <= 1
    assert restored(place, tmp_path / "r1", first.manifest.ident) == ["a", "b"]
    assert restored(place, tmp_path / "r2", second.manifest.ident) == ["a", "b", "c"]
    assert shelf_of(place).idents() == [one.manifest.ident for one in (first, second, third)]


def test_a_copy_that_was_sent_again_after_a_restore_is_known(data, tmp_path):
    """Chunk ids are in the backup: what a sender resends to the restored store is not stored twice."""
    _, path = data
    take(path, tmp_path / "place")
    assert restored(tmp_path / "place", tmp_path / "restored") == ["a", "b"]
    store = open_store(FaultyDirectory(tmp_path / "restored"))
    assert store.recovery.is_clean
    assert store.stats().chunk_ids.sealed == 2
    store.close()


@pytest.mark.parametrize("fault", list(Fault))
def test_a_backup_that_fails_is_none_and_the_next_one_goes_on(data, tmp_path, fault):
    """Whatever call fails, no list is left that cannot be restored."""
    _, path = data
    for call in range(0, 60, 4):
        place = FaultyDirectory(tmp_path / f"place{call}", seed=call)
        place.fail_later(call, fault)
        with contextlib.suppress(WorldError):
            take_backup(PosixDirectory(path), LocalTarget(place), ManualClock(), Watching())
        place = place.crash()
        shelf = BackupShelf(LocalTarget(place))
        assert list(shelf.check(shelf.idents(), Watching())) == []
        take_backup(PosixDirectory(path), LocalTarget(place), ManualClock(), Watching())
        assert list(shelf.check(shelf.idents(), Watching())) == []


def test_a_restore_that_fails_is_no_store_and_the_next_one_goes_on(data, tmp_path):
    """No server opens what is there of it; run again, it ends, and what was there is not brought twice."""
    _, path = data
    manifest = take(path, tmp_path / "place").manifest
    shelf = shelf_of(tmp_path / "place")
    directory = FaultyDirectory(tmp_path / "restored")
    directory.fail_later(30, Fault.BEFORE)
    with pytest.raises(StorageError):
        restore_directory(shelf, manifest, directory, Watching())
    with pytest.raises(CorruptionError, match="did not end"):
        open_store(FaultyDirectory(tmp_path / "restored"))
    watching = Watching()
    restore_directory(shelf, manifest, PosixDirectory(tmp_path / "restored"), watching)
    assert watching.done == watching.expected == manifest.size
    assert events_of(tmp_path / "restored") == ["a", "b"]


def test_a_damaged_backup_is_told_and_not_restored(data, tmp_path):
    """A flipped bit is found by a check and by a restore, with the file that it is in."""
    _, path = data
    manifest = take(path, tmp_path / "place").manifest
    shelf = shelf_of(tmp_path / "place")
    part = next(file for file in manifest.files if file.name.startswith("parts/"))
    flip(tmp_path / "place" / part.key, part.size // 2)
    (fault,) = shelf.check(shelf.idents(), Watching())
    assert (fault.name, fault.key) == (part.name, part.key)
    with pytest.raises(CorruptionError, match="is not what was put there"):
        restore_directory(shelf, manifest, PosixDirectory(tmp_path / "restored"), Watching())


def test_a_damaged_part_is_not_put_into_a_backup(data, tmp_path):
    """It comes from an older backup; when there is none, the backup says what it lacks."""
    store, path = data
    with store.snapshot() as snapshot:
        (part,) = snapshot.parts
    take(path, tmp_path / "older")
    flip(part.path, part.bytes // 2)
    assert take(path, tmp_path / "older", 1).manifest.lacking == {}
    assert restored(tmp_path / "older", tmp_path / "r1") == ["a", "b"]
    lacking = take(path, tmp_path / "place").manifest.lacking
    assert [why.endswith("is damaged") for why in lacking.values()] == [True]
    assert restored(tmp_path / "place", tmp_path / "r2") == ["b"]


def test_parts_come_back_from_the_newest_backup_that_has_them(data, tmp_path):
    """Only those that are damaged or missing; what no backup has is told."""
    store, path = data
    take(path, tmp_path / "place")
    add(store, "c")
    with store.snapshot() as snapshot:
        parts = snapshot.parts
    for part in parts:
        flip(part.path, part.bytes // 2)
        store.unfit([whole(part)])
    unsound = store._machinery.unsound
    while unsound.due_s() == 0:
        unsound.work()
    directory, shelf = PosixDirectory(path), shelf_of(tmp_path / "place")
    returned = restore_parts(shelf, directory, ManualClock(), None, Watching())
    assert [directory.path(name) for name in returned.parts] == [parts[0].path]
    assert list(returned.failed.values()) == ["no backup has it"]
    unsound.work()
    with store.snapshot() as snapshot:
        assert snapshot.parts == (parts[0],)
    with pytest.raises(CallerError, match="is no damaged or missing part"):
        restore_parts(shelf, directory, ManualClock(), returned.parts, Watching())


def test_old_backups_go_with_what_only_they_need(data, tmp_path):
    """The newest stay whole; what a backup that never ended has left goes too."""
    store, path = data
    place = tmp_path / "place"
    idents = []
    for number in range(3):
        add(store, f"x{number}")
        idents.append(take(path, place, number).manifest.ident)
    leftover = place / "files" / "00" / ("0" * 64)
    leftover.parent.mkdir(exist_ok=True)
    leftover.write_bytes(b"x")
    shelf = shelf_of(place)
    removed, files = shelf.prune(2)
    assert (removed, files > 1, leftover.exists()) == (idents[:1], True, False)
    assert list(shelf.check(shelf.idents(), Watching())) == []
    assert shelf.prune(2) == ([], 0)


def test_a_directory_that_is_used_is_not_restored_into(data, tmp_path):
    """Nor one with another restore under way."""
    _, path = data
    manifest = take(path, tmp_path / "place").manifest
    shelf = shelf_of(tmp_path / "place")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(CallerError, match="is not empty"):
        restore_directory(shelf, manifest, PosixDirectory(tmp_path / "full"), Watching())
    (tmp_path / "full" / "x").rename(tmp_path / "full" / "restoring")
    with pytest.raises(CallerError, match="another backup"):
        restore_directory(shelf, manifest, PosixDirectory(tmp_path / "full"), Watching())


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "", "a//b", "./a"])
def test_a_list_cannot_lead_out_of_the_directory(name):
    """Names that are no plain paths below it are refused, whoever wrote the list."""
    content = Manifest("I", 0, 0, 0, {}, (Kept(name, 1, "0" * 64),)).encoded()
    with pytest.raises(CorruptionError, match="no list of a backup"):
        decode_manifest(content, "place")


def test_a_list_comes_back_as_it_was_written():
    """And one of a newer version is refused."""
    manifest = Manifest("I", 5, 2, 9, {"a": "b"}, (Kept("parts/x", 1, "0" * 64),))
    assert decode_manifest(manifest.encoded(), "place") == manifest
    with pytest.raises(CorruptionError, match="version 2 is unknown"):
        decode_manifest(manifest.encoded().replace(b'"version":1', b'"version":2'), "place")
