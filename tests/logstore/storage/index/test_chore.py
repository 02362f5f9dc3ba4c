"""Indexes that are missing or damaged are made in the background; whatever fails meanwhile, no event is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from logstore.errors import DirectoryLockedError, StorageError
from logstore.model.snapshot import Snapshot
from logstore.storage.directory import PosixDirectory
from logstore.storage.index.build import IndexShape
from logstore.storage.index.chore import IndexChore
from logstore.storage.index.codec import best_codec
from logstore.storage.index.file import read_description
from logstore.storage.index.offline import reindex_directory, reindex_offline
from logstore.storage.index.opened import IndexCounters, Indexes
from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import START_NS, chunk, ids, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import Sender, kill, open_store
from tests.logstore.storage.test_store import opened
from tests.logstore.storage.verify.damage import flip

SHAPE = IndexShape(best_codec())


def a_chore(store: Store) -> IndexChore:
    """A chore of the test's own; that of the store makes none where `word_index` is off."""
    machinery = store._machinery
    return IndexChore(machinery.rewriter, machinery.indexes, SHAPE)


def latest(store: Store) -> Snapshot:
    """The snapshot of now."""
    with store.snapshot() as snapshot:
        return snapshot


def fill(store: Store, *names: str) -> None:
    """A part for each name."""
    for name in names:
        store.submit(chunk(lines([name], START_NS))).result(10)
        store.seal()


def found(store: Store, text: str) -> list[int | None]:
    """What the index of each part says of an id."""
    indexes = [store.indexes.index_of(part) for part in latest(store).parts]
    # The ids of these events are messages.
    return [None if index is None else index.with_word("message", text) for index in indexes]


def test_parts_are_sealed_with_an_index(tmp_path):
    """Which is listed, told of, and found again after a restart."""
    with opened(tmp_path) as store:
        fill(store, "abc", "xyz")
        assert found(store, "xyz") == [0, 1]
        stats = store.stats()
        assert stats.indexed_parts == 2
        assert stats.index_bytes == sum(Path(part.index or "").stat().st_size for part in latest(store).parts)
        assert stats.indexes == IndexCounters(probes=2)
    with opened(tmp_path) as store:
        assert found(store, "abc") == [1, 0]
        assert store.recovery.is_clean


def test_missing_indexes_are_made(tmp_path):
    """Newest first, one at a time, for parts that were written without."""
    with opened(tmp_path, word_index=False) as store:
        fill(store, "abc", "xyz")
        assert found(store, "abc") == [None, None]
        chore = a_chore(store)
        assert (chore.due_s(), chore.counters.waiting) == (0, 2)
        chore.work()
        assert chore.counters.waiting == 1
        chore.work()
        assert (chore.due_s(), chore.counters.built) == (None, 2)
        chore.work()
        assert found(store, "abc") == [1, 0]
        assert ids(latest(store)) == ["abc", "xyz"]
    with opened(tmp_path, word_index=False) as store:
        assert found(store, "xyz") == [0, 1]


def test_damaged_indexes_are_not_used_and_made_again(tmp_path):
    """They tell nothing from then on, and are whole again after."""
    with opened(tmp_path) as store:
        fill(store, "abc")
    (index,) = tmp_path.rglob("*.words")
    whole = index.read_bytes()
    described, start = read_description(memoryview(whole), str(index))
    last = start + max(each.start + each.bytes for each in described.sections.values()) - 1
    index.write_bytes(whole[:last] + bytes([whole[last] ^ 1]) + whole[last + 1 :])
    with opened(tmp_path, word_index=False) as store:
        asked = store.indexes.index_of(latest(store).parts[0])
        assert asked is not None
        assert asked.with_word("message", "abc") == 1
        assert asked.with_value("tag", "app") is None
        assert found(store, "abc") == [None]
        assert store.indexes.counters.damaged == 1
        index.write_bytes(b"")
        store.indexes.renewed(str(index))
        assert found(store, "abc") == [None]
        assert store.indexes.counters.damaged == 2
        chore = a_chore(store)
        assert chore.due_s() == 0
        chore.work()
        assert found(store, "abc") == [1]
        assert chore.due_s() is None


def test_all_can_be_made_again(tmp_path):
    """Also those that are whole, when somebody asks."""
    with opened(tmp_path, word_index=False) as store:
        fill(store, "abc", "xyz")
        chore = a_chore(store)
        chore.work()
        chore.work()
        assert chore.ask(everything=False) == 0
        assert chore.ask(everything=True) == 2
        chore.work()
        chore.work()
        assert (chore.counters.waiting, chore.counters.built) == (0, 4)
        assert found(store, "abc") == [1, 0]


def test_ids_are_indexed_once_a_part_stays(tmp_path):
    """A sealed part has no index of its ids; it gets a whole one when it is merged with no others, and only once."""
    with opened(tmp_path) as store:
        one = b"".join(lines([n], tag=f"tag-{n * 7919 % 100_003:x}") for n in range(2000))
        store.submit(chunk(one)).result(10)
        store.seal()
        machinery, staying = store._machinery, set[str]()
        chore = IndexChore(machinery.rewriter, machinery.indexes, SHAPE, stays=lambda part: part.path in staying)
        (part,) = latest(store).parts
        assert (with_tag(store, "tag-1eef"), chore.due_s()) == (None, None)
        staying.add(part.path)
        assert chore.due_s() == 0
        chore.work()
        assert (with_tag(store, "tag-1eef"), with_tag(store, "tag-none")) == (1, 0)
        assert (chore.due_s(), chore.counters.built) == (None, 1)


def test_a_whole_index_is_not_made_again(tmp_path):
    """Where no column was left out there is nothing to add."""
    with opened(tmp_path) as store:
        fill(store, "abc")
        machinery = store._machinery
        assert IndexChore(machinery.rewriter, machinery.indexes, SHAPE, stays=lambda _: True).due_s() is None


def with_tag(store: Store, tag: str) -> int | None:
    """What the index of the only part says of a tag."""
    (part,) = latest(store).parts
    index = store.indexes.index_of(part)
    return None if index is None else index.with_value("tag", tag)


def test_a_part_that_cannot_be_read_is_left_alone(tmp_path):
    """Until somebody asks again; the others get theirs."""
    with opened(tmp_path, word_index=False) as store:
        fill(store, "abc", "xyz")
        broken = Path(latest(store).parts[1].path)
        content = broken.read_bytes()
        broken.write_bytes(b"?" * len(content))
        chore = a_chore(store)
        chore.work()
        chore.work()
        assert (chore.counters.waiting, chore.counters.failed, chore.counters.built) == (0, 1, 1)
        broken.write_bytes(content)
        assert chore.ask(everything=False) == 1
        chore.work()
        assert found(store, "xyz") == [0, 1]


def test_a_part_that_went_meanwhile_gets_none(tmp_path):
    """And leaves no file behind."""
    with opened(tmp_path, word_index=False) as store:
        fill(store, "abc")
        chore = a_chore(store)
        assert chore.due_s() == 0
        store._machinery.head.change_parts(lambda snapshot: replace(snapshot, parts=()))
        chore._waiting = chore._due() or chore._waiting
        chore.work()
        assert not list(tmp_path.rglob("*.words"))


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("call", range(8))
def test_whatever_fails_the_events_are_there(tmp_path, fault, call):
    """After each call of the disk that fails while an index is made, and after a crash; in the end there is one."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    sender.send(store, 3)
    store._machinery.sealer._services.files.parts._index = None
    store._machinery.indexing._shape = None
    store.seal()
    chore = a_chore(store)
    assert chore.due_s() == 0
    directory.fail_later(call, fault)
    try:
        chore.work()
    except StorageError:
        assert chore.due_s() == 0 or fault is Fault.AFTER
    sender.check(latest(store))
    kill(directory, store)
    directory = directory.crash()
    store = open_store(directory)
    sender.check(latest(store))
    assert not store.recovery.quarantined
    store.close()
    done = reindex_directory(directory, ManualClock(), everything=False, tell=lambda _, __: None)
    assert not done.unreadable
    store = open_store(directory)
    assert all(store.indexes.index_of(part) is not None for part in latest(store).parts)
    sender.check(latest(store))
    store.close()


def test_offline_without_a_server_only(tmp_path):
    """What is missing, or all; a server's directory is refused; what cannot be read is told."""
    told = []
    with opened(tmp_path, word_index=False) as store:
        fill(store, "abc", "xyz")
        with pytest.raises(DirectoryLockedError):
            reindex_offline(str(tmp_path), everything=False, tell=lambda _, __: None)
    done = reindex_offline(str(tmp_path), everything=False, tell=lambda *args: told.append(args))
    assert (done.made, done.unreadable, told) == (2, (), [(0, 2), (1, 2)])
    assert reindex_offline(str(tmp_path), everything=False, tell=lambda _, __: None).made == 0
    assert reindex_offline(str(tmp_path), everything=True, tell=lambda _, __: None).made == 2
    flip(min(tmp_path.rglob("*.words")), -1)
    assert reindex_offline(str(tmp_path), everything=False, tell=lambda _, __: None).made == 1
    with opened(tmp_path, word_index=False) as store:
        assert found(store, "xyz") == [0, 1]
        damaged = latest(store).parts[0]
    Path(damaged.path).write_bytes(b"?" * damaged.bytes)
    done = reindex_offline(str(tmp_path), everything=True, tell=lambda _, __: None)
    assert (done.made, len(done.unreadable)) == (1, 1)


def test_few_stay_open(tmp_path, monkeypatch):
    """Those that were asked last."""
    monkeypatch.setattr("logstore.storage.index.opened._MOST_OPEN", 1)
    with opened(tmp_path) as store:
        fill(store, "abc", "xyz")
        parts = latest(store).parts
        indexes = Indexes(PosixDirectory(tmp_path), best_codec())
        first = indexes.index_of(parts[0])
        assert indexes.index_of(parts[0]) is first
        indexes.index_of(parts[1])
        assert indexes.index_of(parts[0]) is not first


def test_what_is_listed_no_longer_is_closed(tmp_path):
    """Else a file that is gone would keep its room on the disk."""
    with opened(tmp_path) as store:
        fill(store, "abc", "xyz")
        part, other = latest(store).parts
        first, second = store.indexes.index_of(part), store.indexes.index_of(other)
        store._machinery.head.change_parts(lambda snapshot: replace(snapshot, parts=(other,)))
        assert a_chore(store).due_s() is None
        assert store.indexes.index_of(other) is second
        assert store.indexes.index_of(part) is not first
