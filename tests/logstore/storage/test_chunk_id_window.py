"""For how long, and of how many chunks, a resend is recognised."""

from __future__ import annotations

from crc32c import crc32c

from logstore.model.chunk import chunk_key
from logstore.storage.retention import Aged, Bounds, expired
from tests.logstore.storage.lines import chunk, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.test_store import opened

HOUR_S = 3600.0


def seal_chunks(store, first, count):
    """Stores chunks with ids, and seals them."""
    for number in range(first, first + count):
        store.submit_for_outcome(chunk(lines([number]), str(number).encode())).result(10)
    store.seal()


def known(store, number):
    """Whether a resend of this chunk is recognised."""
    payload = lines([number])
    key = chunk_key("default", b"app", str(number).encode(), len(payload), crc32c(payload))
    return store.origin(key) is not None


def test_the_oldest_ids_go_when_they_are_too_many(tmp_path):
    """Whole generations, the newest never; the bound and the count are told, also after a restart."""
    settings = {"max_chunk_ids": 25, "removal_grace_s": 0.0}
    with opened(tmp_path, **settings) as store:
        for generation in range(5):
            seal_chunks(store, generation * 10, 10)
        assert [known(store, number) for number in (0, 10, 20, 30, 40, 49)] == [False, False, False, True, True, True]
        stats = store.stats().chunk_ids
        assert (stats.sealed, stats.recent, stats.max_ids) == (20, 0, 25)
        seal_chunks(store, 100, 40)
        assert store.stats().chunk_ids.sealed == 40
        assert known(store, 100)
    with opened(tmp_path, **settings) as store:
        assert store.stats().chunk_ids.sealed == 40
        assert known(store, 139)
    assert len(list((tmp_path / "chunk-ids").iterdir())) == 1


def test_ids_are_remembered_for_three_days_and_more(tmp_path):
    """A resend after 72 hours is recognised; the age of the oldest ids is told, and old ones go at the next seal."""
    clock = ManualClock()
    with opened(tmp_path, clock) as store:
        seal_chunks(store, 0, 3)
        clock.move(72 * HOUR_S)
        seal_chunks(store, 10, 3)
        assert known(store, 0)
        assert store.stats().chunk_ids.oldest_s == 72 * HOUR_S
        assert store.stats().chunk_ids.retention_s == 80 * HOUR_S
        clock.move(9 * HOUR_S)
        seal_chunks(store, 20, 3)
        assert not known(store, 0)
        assert known(store, 10)
        assert store.stats().chunk_ids.oldest_s == 9 * HOUR_S


def test_files_expire_by_age_then_by_amount():
    """What is too old goes in any case; of the rest the oldest, as few as will do."""
    files = [Aged(str(number), number, 10) for number in range(6)]
    assert expired(files, Bounds(100, 1000), 50) == ()
    assert expired(files, Bounds(100, 1000), 103) == ("0", "1", "2")
    assert expired(files, Bounds(100, 20), 103) == ("0", "1", "2", "3")
    assert expired(files, Bounds(100, 20), 103, arriving=5) == ("0", "1", "2", "3", "4")
    assert expired(files, Bounds(100, 5), 50) == tuple("012345")
