"""Parts go to object storage and come back when they are wanted."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from logstore.errors import LimitExceededError, OverloadedError, StorageError
from logstore.storage.directory import Space
from logstore.storage.remote.claim import MARKER
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.remote.faulty_objects import FaultyObjects, ObjectFault
from tests.logstore.storage.remote.remote_store import (
    WIDE,
    check,
    drop_local,
    local_parts,
    open_remote,
    pass_time,
    tight,
)
from tests.logstore.storage.sender import Sender, kill


def filled(directory: FaultyDirectory, objects: FaultyObjects, sender: Sender, rules=WIDE, **numbers):
    """A store with parts of several seals."""
    store = open_remote(directory, objects, rules, **numbers)
    for _ in range(3):
        sender.send(store, 4)
        store.seal()
    return store


def test_parts_are_uploaded_when_they_are_old_enough(tmp_path):
    """Nothing is sent before; then each part is an object of the same bytes, and the snapshot says so."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    store._machinery.remote.loop.work_off(50)
    assert not objects.calls
    pass_time(store)
    names = local_parts(store)
    assert len(names) > 3
    assert objects.contents.keys() == {MARKER, *names}
    assert all(objects.contents[name] == directory.read(name) for name in names)
    with store.snapshot() as snapshot:
        assert all(part.remote for part in snapshot.parts)
    assert store.stats().remote.uploads.files == len(names)
    assert store.stats().remote.uploads.waiting_parts == 0
    store.close()


@pytest.mark.parametrize("has_md5", [True, False])
def test_evicted_parts_come_back_when_they_are_read(tmp_path, has_md5):
    """With no room at all nothing stays here; with room what is read is fetched and checked, once."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(has_md5=has_md5), Sender()
    store = filled(directory, objects, sender, tight(0))
    pass_time(store, 2)
    assert not local_parts(store)
    with store.snapshot() as snapshot, pytest.raises(LimitExceededError, match="cache_bytes"):
        store.reading(snapshot.parts).__enter__()
    store.close()
    store = open_remote(directory, objects)
    assert store.recovery.is_clean
    with store.snapshot() as snapshot:
        assert not store.are_local(snapshot.parts)
        assert store.are_local(())
    check(store, sender)
    fetches = store.stats().remote.fetches.fetches
    assert fetches == len(local_parts(store)) == len(objects.contents) - 1
    check(store, sender)
    assert store.stats().remote.fetches.fetches == fetches
    assert store.stats().remote.cache.hits == fetches
    store.close()


def test_cache_keeps_its_bound_and_what_is_read(tmp_path):
    """Room for two parts: what was read least recently goes, what is being read stays, more than two is refused."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    pass_time(store)
    store.close()
    sizes = sorted(len(objects.contents[name]) for name in objects.contents if name != MARKER)
    store = open_remote(directory, objects, tight(sizes[-1] + sizes[-2]))
    pass_time(store)
    with store.snapshot() as snapshot:
        for part in snapshot.parts * 2:
            with store.reading([part]) as unread:
                assert not unread
                assert store.stats().remote.cache.cached_bytes <= sizes[-1] + sizes[-2]
        with pytest.raises(LimitExceededError):
            store.reading(snapshot.parts).__enter__()
        one, two, three = sorted(snapshot.parts, key=lambda part: -part.bytes)[:3]
        with store.reading([one]), store.reading([two]):
            with pytest.raises(OverloadedError):
                store.reading([three]).__enter__()
            assert store.are_local([one, two])
        with store.reading([three]):
            assert store.are_local([three])
    assert store.stats().remote.cache.evictions > 0
    store.close()


def test_new_parts_stay(tmp_path):
    """Parts whose events are new stay here though they are uploaded, and take nothing of the room."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    rules = replace(tight(0), keep_local_s=86_400.0)
    store = filled(directory, objects, sender, rules)
    names = local_parts(store)
    pass_time(store, 2)
    assert local_parts(store) == names
    assert store.stats().remote.cache.cached_bytes == 0
    store._machinery.clock.move(2 * 86_400)
    pass_time(store)
    assert local_parts(store) == []
    store.close()


def test_store_that_is_down_makes_answers_partial(tmp_path):
    """What cannot be fetched is named with the reason; what is here can be read; later all of it can."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    pass_time(store)
    assert drop_local(store) > 3
    sender.send(store, 4)
    store.seal()
    objects.go_down()
    with store.snapshot() as snapshot, store.reading(snapshot.parts) as unread:
        here = [part for part in snapshot.parts if part.path not in unread]
        assert {part.generation for part in here} == {4}
        assert all("made to fail" in why for why in unread.values())
    objects.mend()
    store._machinery.clock.move(10)
    check(store, sender)
    store.close()


def test_restart_without_object_storage_says_so(tmp_path):
    """The server starts, tells which parts it cannot read, and reads them again once the setting is back."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    pass_time(store)
    drop_local(store)
    store.close()
    store = open_remote(directory, None)
    assert store.recovery.is_clean
    with store.snapshot() as snapshot, store.reading(snapshot.parts) as unread:
        assert len(unread) == len(snapshot.parts)
        assert all("object_storage.url" in why for why in unread.values())
    store.close()
    store = open_remote(directory, objects)
    check(store, sender)
    store.close()


@pytest.mark.parametrize("spoilt", ["for good", "once"])
def test_wrong_bytes_are_not_read(tmp_path, spoilt):
    """Bytes that came wrong are fetched again; those that are wrong in the store are told, and never read."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    pass_time(store)
    drop_local(store)
    with store.snapshot() as snapshot:
        name = snapshot.parts[0].path.removeprefix(directory.path("") + "/").lstrip("/")
        if spoilt == "once":
            objects.fail_later(0, ObjectFault.WRONG)
        else:
            objects.spoil(name)
        with store.reading(snapshot.parts[:1]) as unread:
            assert (["checksum" in why for why in unread.values()] == [True]) is (spoilt == "for good")
        assert directory.exists(name) is (spoilt == "once")
    store.close()


def test_upload_of_wrong_bytes_is_noticed(tmp_path):
    """An object that holds other bytes than were sent does not count as uploaded; the next try makes it right."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    objects.fail_later(2, ObjectFault.WRONG)
    store._machinery.clock.move(120)
    store._machinery.remote.loop.work_off(50)
    counters = store.stats().remote.uploads
    assert counters.failures == 1
    assert counters.waiting_parts > 1
    assert store.stats().remote.chores["upload"].failures == 1
    pass_time(store)
    assert store.stats().remote.uploads.waiting_parts == 0
    drop_local(store)
    check(store, sender)
    store.close()


def test_torn_local_file_is_fetched_again(tmp_path):
    """A local copy that is not whole at the start goes; its part is read from object storage."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    pass_time(store)
    names = local_parts(store)
    store.close()
    content = directory.read(names[0])
    (tmp_path / "data" / names[0]).write_bytes(content[:-1])
    store = open_remote(directory, objects)
    assert store.recovery.is_clean
    assert names[0] not in local_parts(store)
    check(store, sender)
    assert directory.read(names[0]) == content
    store.close()


def test_killed_server_goes_on_where_it_was(tmp_path):
    """What was uploaded when the server was killed is not uploaded again; the rest is."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    store._machinery.clock.move(120)
    store._machinery.remote.loop.work_off(1)
    uploaded = len(objects.contents) - 1
    assert uploaded == 2
    kill(directory, store)
    directory.revive()
    objects.calls.clear()
    store = open_remote(directory, objects)
    pass_time(store)
    puts = [call for call in objects.calls if call.startswith("put ")]
    assert len(puts) == len(local_parts(store)) - uploaded
    store.close()


def test_what_is_in_the_store_makes_room_on_a_full_disk(tmp_path):
    """Before intake has to stop uploaded parts go, new ones too; what there is no room for is not fetched."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    rules = replace(WIDE, keep_local_s=86_400.0)
    store = filled(directory, objects, sender, rules, min_free_share=0.1)
    pass_time(store)
    names = local_parts(store)
    directory.disk = Space(10_000_000, 1_200_000 - 1)
    pass_time(store)
    assert len(local_parts(store)) == len(names) - 1, "a byte was lacking"
    directory.disk = Space(10_000_000, 0)
    pass_time(store)
    assert local_parts(store) == []
    with store.snapshot() as snapshot, pytest.raises(StorageError, match="the local disk has no room"):
        store.reading(snapshot.parts).__enter__()
    directory.disk = Space(10_000_000, 9_000_000)
    check(store, sender)
    store.close()


@pytest.mark.parametrize("call", ["get", "put", "delete"])
def test_store_closes_though_a_call_hangs(tmp_path, call):
    """A store that leaves a request unanswered does not keep the server from ending."""
    directory, objects, sender = FaultyDirectory(tmp_path / "data"), FaultyObjects(), Sender()
    store = filled(directory, objects, sender)
    if call == "delete":
        pass_time(store)
        store._machinery.catalog.begin_uploads(["parts/nobody.parquet"], 1)
        pass_time(store)
    hanging, held = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        hanging.set()
        held.wait(60)

    setattr(objects, call, hang)
    store._machinery.clock.move(120)
    worker = threading.Thread(target=store._machinery.remote.loop.work_off, args=(10,))
    worker.start()
    assert hanging.wait(10)
    store.close()
    worker.join(20)
    assert not worker.is_alive()
    held.set()
