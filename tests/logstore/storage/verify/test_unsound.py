"""What becomes of parts in which damage is found."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from logstore.errors import WorldError
from logstore.storage.directory import PosixDirectory
from logstore.storage.quarantine.offline import drop_from
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import chunk, ids, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import kill, open_store
from tests.logstore.storage.verify.damage import flip, whole


def two_parts(path: Path):
    """A store with a part for each of two chunks, of which the first part is damaged; the parts."""
    directory = FaultyDirectory(path)
    store = open_store(directory)
    # The tests do what its thread would.
    store._machinery.upkeep.close()
    for name in "ab":
        store.submit(chunk(lines([name]), name.encode())).result(10)
        store.seal()
    with store.snapshot() as snapshot:
        parts = snapshot.parts
    flip(parts[0].path, parts[0].bytes // 2)
    return directory, store, parts


def settle(store):
    """Does what the upkeep thread has to do, as far as it is not done."""
    while store._machinery.unsound.due_s() == 0:
        store._machinery.unsound.work()


def test_the_first_reader_takes_it_out_for_all(tmp_path):
    """An open snapshot still has it, and is told again; later ones have it among the unfit."""
    _, store, (bad, good) = two_parts(tmp_path)
    with store.snapshot() as before:
        assert store.unfit([whole(part) for part in before.parts]) == [bad]
        assert store.unfit([whole(bad)]) == [bad]
    with store.snapshot() as after:
        assert after.parts == (good,)
        assert after.unfit == (bad,)
    assert (store.stats().unfit_parts, store.stats().unfit_rows, store.stats().taken_out) == (1, 1, 1)
    store.close()


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_restart_knows_it_and_keeps_its_file(tmp_path, is_killed):
    """The file is in quarantine and the catalog lists the part as unfit, though the process was killed."""
    directory, store, (bad, good) = two_parts(tmp_path)
    store.unfit([whole(bad)])
    settle(store)
    if is_killed:
        kill(directory, store)
        directory.revive()
    else:
        store.close()
    again = open_store(directory)
    with again.snapshot() as snapshot, again.quarantine() as quarantine:
        assert snapshot.parts == (good,)
        assert snapshot.unfit == (bad,)
        (file,) = quarantine.damaged
        assert file.part is not None
        assert len(quarantine.read_damaged(file)) == bad.bytes
    assert not again.recovery.is_clean
    again.close()


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("call", range(6))
def test_nothing_is_lost_when_the_disk_fails_meanwhile(tmp_path, fault, call):
    """Whatever call fails, the damaged part is never read, the other always."""
    directory, store, (bad, good) = two_parts(tmp_path)
    directory.fail_later(call, fault)
    with contextlib.suppress(WorldError):
        store.unfit([whole(bad)])
        settle(store)
    kill(directory, store)
    directory = directory.crash()
    again = open_store(directory)
    with again.snapshot() as snapshot:
        assert good in snapshot.parts
        assert again.unfit([whole(part) for part in snapshot.parts if part.path == bad.path]) in ([], [bad])
        assert ids(snapshot) in (["b"], ["a", "b"]) or bad in snapshot.parts
    again.close()


def test_a_part_that_is_put_back_is_served_again(tmp_path):
    """While the store is open, and only when it is sound: the damaged one is not taken for it."""
    directory, store, (bad, _) = two_parts(tmp_path)
    unsound = store._machinery.unsound
    store.unfit([whole(bad)])
    settle(store)
    (kept,) = directory.files("quarantine")
    content = bytearray(directory.read(kept))
    Path(bad.path).write_bytes(content)
    unsound.work()
    assert store.stats().unfit_parts == 1
    content[bad.bytes // 2] ^= 1
    Path(bad.path).write_bytes(content)
    unsound.work()
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b"]
        assert snapshot.unfit == ()
    store.close()
    store = open_store(directory)
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b"]
    store.close()


def test_a_part_that_is_put_back_before_the_damaged_one_is_moved_stays(tmp_path):
    """A reader held the file, so it was not moved yet; the good one in its place is not moved either."""
    directory, store, (bad, _) = two_parts(tmp_path)
    good = bytearray(Path(bad.path).read_bytes())
    good[bad.bytes // 2] ^= 1
    with store.snapshot():
        store.unfit([whole(bad)])
        settle(store)
        Path(bad.path).write_bytes(good)
    store._machinery.unsound.work()
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b"]
    assert directory.files("quarantine") == []
    store.close()


def test_what_is_given_up_is_lacked_no_longer(tmp_path):
    """Dropped from quarantine, a part and its file are gone, with a server and without."""
    directory, store, (bad, _) = two_parts(tmp_path)
    store.unfit([whole(bad)])
    settle(store)
    with store.quarantine() as quarantine:
        (file,) = quarantine.damaged
    assert store.drop_from_quarantine([], [file.name]) == 1
    assert store.stats().unfit_parts == 0
    store.close()
    store = open_store(directory)
    with store.snapshot() as snapshot:
        assert snapshot.unfit == ()
        assert ids(snapshot) == ["b"]
    store.close()


def test_a_missing_part_can_be_given_up_without_a_server(tmp_path):
    """It has no file, and is listed by the name that it would have."""
    directory, store, (bad, _) = two_parts(tmp_path)
    store.close()
    Path(bad.path).unlink()
    store = open_store(directory)
    with store.snapshot() as snapshot, store.quarantine() as quarantine:
        assert snapshot.unfit == (bad,)
        (file,) = quarantine.damaged
        assert (file.file, file.bytes) == ("", 0)
    store.close()
    assert drop_from(PosixDirectory(tmp_path), ManualClock(), [], [file.name]) == 1
    store = open_store(directory)
    assert store.recovery.is_clean
    store.close()
