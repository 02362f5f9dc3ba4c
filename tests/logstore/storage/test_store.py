"""The store as a whole, on a sound directory."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from crc32c import crc32c

from logstore.errors import DirectoryLockedError, StorageError
from logstore.model.chunk import chunk_key
from logstore.storage.catalog.id_file import ChunkOrigin
from logstore.storage.directory import PosixDirectory
from logstore.storage.settings import Durability, StorageSettings
from logstore.storage.store import Store
from tests.logstore.storage.lines import HOUR_NS, LINES, START_NS, chunk, events, ids, lines
from tests.logstore.storage.manual_clock import ManualClock


@contextlib.contextmanager
def opened(path: Path, clock: ManualClock | None = None, **settings: object) -> Iterator[Store]:
    """A store that is closed at the end. Nothing looks for damage by itself: a test decides what finds it."""
    asked = StorageSettings(**{"scrub_interval_s": 0.0, **settings})
    store = Store.open(PosixDirectory(path), LINES, asked, clock or ManualClock())
    try:
        yield store
    finally:
        store.close()


def test_acked_chunks_are_visible(tmp_path):
    """Every event of a chunk is in the first snapshot after its future completed."""
    with opened(tmp_path) as store:
        seq = store.submit(chunk(lines("abc"))).result(10)
        with store.snapshot() as snapshot:
            assert ids(snapshot) == ["a", "b", "c"]
            assert [event[1] for event in events(snapshot)] == [seq, seq + 1, seq + 2]
            assert snapshot.seq == seq + 2


def test_order_of_submission_is_the_order_of_seq(tmp_path):
    """Sequence numbers rise in the order of `submit`, with room for `rows_bound` events each."""
    with opened(tmp_path) as store:
        futures = [store.submit(chunk(lines([n, n]))) for n in range(50)]
        seqs = [future.result(10) for future in futures]
    assert seqs == list(range(1, 101, 2))


def test_seal_keeps_every_event(tmp_path):
    """A seal moves the head into parts: the same events, now from files, and the log is trimmed."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines(range(100)))).result(10)
        with store.snapshot() as before:
            pass
        store.seal()
        with store.snapshot() as after:
            assert not after.head
            assert after.seq == before.seq
            assert events(after) == events(before)
        assert store.stats().log.segments == 0
        assert store.stats().memory_bytes == 0


def test_reopening_gives_the_same(tmp_path):
    """A closed store opens again with all events, and goes on with larger sequence numbers."""
    with opened(tmp_path) as store:
        last = store.submit(chunk(lines(range(5)))).result(10)
    with opened(tmp_path) as store:
        assert store.submit(chunk(lines(range(5, 8)))).result(10) >= last + 5
        with store.snapshot() as snapshot:
            assert ids(snapshot) == [str(n) for n in range(8)]
        assert store.recovery.is_clean
        assert store.recovery.replayed == 0


def test_hours_become_parts_and_the_rest_is_mixed(tmp_path):
    """The hours with most events get a part each; all others share one, whose span the catalog knows."""
    with opened(tmp_path, max_parts_per_seal=3) as store:
        for hour in range(6):
            store.submit(chunk(lines(range(10 + hour), START_NS + hour * HOUR_NS))).result(10)
        store.seal()
        with store.snapshot() as snapshot:
            names = sorted(
                part.path.removeprefix(f"{tmp_path}/parts/default/").rpartition("/")[0] for part in snapshot.parts
            )
            assert len(snapshot.parts) == 3
            assert names[2] == "mixed"
            mixed = next(part for part in snapshot.parts if "/mixed/" in part.path)
            assert mixed.time_min_ns == START_NS
            assert mixed.time_max_ns // HOUR_NS == START_NS // HOUR_NS + 3
            assert sum(part.rows for part in snapshot.parts) == sum(range(10, 16))


def test_origin_of_recent_and_sealed_chunks(tmp_path):
    """A chunk's origin is known as soon as it is durable, after its seal, and after a restart."""
    payload = lines("a")
    key = chunk_key("default", b"app", b"id-1", len(payload), crc32c(payload))
    with opened(tmp_path) as store:
        assert store.origin(key) is None
        store.submit(chunk(payload, b"id-1", connection=7, ordinal=3)).result(10)
        assert store.origin(key) == ChunkOrigin(7, 3)
        store.seal()
        assert store.stats().chunk_ids.recent == 0
        assert store.origin(key) == ChunkOrigin(7, 3)
    with opened(tmp_path) as store:
        assert store.origin(key) == ChunkOrigin(7, 3)


def test_rejected_chunks_commit_their_ids(tmp_path):
    """A chunk without surviving events leaves no part, but its id, and its rejections are counted."""
    key = chunk_key("default", b"app", b"id", 4, crc32c(b"bad\n"))
    with opened(tmp_path) as store:
        store.submit(chunk(b"bad\n", b"id")).result(10)
        store.seal()
        stats = store.stats()
        assert (stats.parts, stats.generation, stats.head.rejected) == (0, 1, {"not a line": 1})
    with opened(tmp_path) as store:
        assert store.origin(key) is not None


def test_chunk_ids_expire(tmp_path):
    """Chunk ids are forgotten after their time, and their file is removed after its grace period."""
    clock = ManualClock()
    key = chunk_key("default", b"app", b"id", 4, crc32c(b"bad\n"))
    with opened(tmp_path, clock, chunk_id_retention_s=100, removal_grace_s=10) as store:
        store.submit(chunk(b"bad\n", b"id")).result(10)
        store.seal()
        clock.move(101)
        store.submit(chunk(lines("a"))).result(10)
        store.seal()
        assert store.origin(key) is None
        assert (tmp_path / "chunk-ids/1.ids").exists()
        clock.move(11)
        store.submit(chunk(lines("b"))).result(10)
        store.seal()
        assert not (tmp_path / "chunk-ids/1.ids").exists()


def test_second_owner_is_refused(tmp_path):
    """A second server on the same directory is told the pid of the first; after the first closed it may open."""
    with opened(tmp_path), pytest.raises(DirectoryLockedError) as refused, opened(tmp_path):
        pass
    assert refused.value.pid == os.getpid()
    with opened(tmp_path):
        pass


def test_poisonous_entry_does_not_hold_up_the_others(tmp_path):
    """An entry that the decoder fails on is counted and kept in quarantine; its neighbours are visible."""
    with opened(tmp_path) as store:
        futures = [store.submit(chunk(payload)) for payload in (lines("a"), b"poison", lines("b"))]
        seqs = [future.result(10) for future in futures]
        with store.snapshot() as snapshot:
            assert ids(snapshot) == ["a", "b"]
        assert store.stats().head.rejected == {"decoder failed": 1}
        store.seal()
    kept = list((tmp_path / "quarantine").iterdir())
    assert len(kept) == 1
    assert kept[0].name == "1-0.wal"
    assert b"poison" in kept[0].read_bytes()
    assert seqs == [1, 2, 3]


def test_intake_stops_at_the_budget_and_resumes(tmp_path):
    """Without room `has_room` is false; a seal makes room again, and the waiting callback is called."""
    room = threading.Event()
    with opened(tmp_path, memory_budget_bytes=40_000, seal_bytes=20_000, seal_age_s=1e9) as store:
        futures: list[Future[int]] = []
        while store.has_room():
            futures.append(store.submit(chunk(lines(range(100)))))
        store.wait_room(room.set)
        assert room.wait(20)
        for future in futures:
            future.result(10)
        with store.snapshot() as snapshot:
            assert snapshot.rows == 100 * len(futures)


def test_old_generation_is_sealed_by_itself(tmp_path):
    """A generation whose oldest entry is too old is sealed in the background."""
    clock = ManualClock()
    with opened(tmp_path, clock, seal_age_s=60) as store:
        store.submit(chunk(lines("a"))).result(10)
        store.wait_for_change(0, 10)
        clock.move(61)
        store.submit(chunk(lines("b"))).result(10)
        sealed = threading.Event()
        while store.stats().seals.seals == 0:
            sealed.wait(0.01)
        with store.snapshot() as snapshot:
            assert ids(snapshot) == ["a", "b"]


def test_wait_for_change(tmp_path):
    """A waiter is told the newest sequence number; without a change it gets the old one after its time."""
    with opened(tmp_path) as store:
        assert store.wait_for_change(0, 0.01) == 0
        store.submit(chunk(lines("ab"))).result(10)
        assert store.wait_for_change(0, 10) == 2
        assert store.wait_for_change(2, 0.01) == 2


def test_closed_store_refuses(tmp_path):
    """After `close` nothing is taken and nothing is served."""
    with opened(tmp_path) as store:
        pass
    with pytest.raises(StorageError, match="closed"):
        store.submit(chunk(lines("a"))).result(10)
    with pytest.raises(StorageError, match="closed"), store.snapshot():
        pass
    with pytest.raises(StorageError, match="closed"):
        store.wait_for_change(0, 10)
    assert store.stats().memory_bytes == 0


def test_chunks_that_do_not_fit_fail_alone(tmp_path):
    """A chunk that the format or the store cannot hold fails with ValueError; its neighbours are stored."""
    with opened(tmp_path) as store:
        bad = [
            store.submit(chunk(lines("x"), tag="\ud800")),
            store.submit(chunk(lines("x"), ordinal=2**64)),
            store.submit(chunk(lines("x"), tenant="other")),
        ]
        good = store.submit(chunk(lines("a")))
        for future in bad:
            with pytest.raises(ValueError, match=r"surrogates|fit|tenant"):
                future.result(10)
        good.result(10)
        with store.snapshot() as snapshot:
            assert ids(snapshot) == ["a"]


@pytest.mark.parametrize("durability", list(Durability))
def test_every_durability_stores(tmp_path, durability):
    """All three promises give the same events, also after a restart."""
    with opened(tmp_path, durability=durability, max_segment_bytes=500) as store:
        for n in range(20):
            store.submit(chunk(lines([n])))
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == [str(n) for n in range(20)]


def test_interval_durability_syncs_in_time(tmp_path):
    """Under `interval` a chunk is acknowledged before its sync, and the sync comes when it is due."""
    clock = ManualClock()
    with opened(tmp_path, clock, durability=Durability.INTERVAL, sync_interval_s=1) as store:
        store.submit(chunk(lines("a"))).result(10)
        syncs = store.stats().log.syncs
        clock.move(2)
        store.submit(chunk(lines("b"))).result(10)
        pause = threading.Event()
        while store.stats().log.syncs == syncs:
            pause.wait(0.005)


def test_group_commit_shares_syncs(tmp_path):
    """Many chunks that are submitted at once need far fewer syncs than chunks."""
    with opened(tmp_path) as store:
        futures = [store.submit(chunk(lines([n]))) for n in range(500)]
        for future in futures:
            future.result(10)
        assert store.stats().log.entries == 500
        assert store.stats().log.groups < 250


def test_head_is_few_batches(tmp_path):
    """However small the messages, the head stays few batches."""
    with opened(tmp_path) as store:
        for n in range(200):
            store.submit(chunk(lines([n]))).result(10)
            store.wait_for_change(n, 10)
        with store.snapshot() as snapshot:
            assert snapshot.rows == 200
            assert len(snapshot.head) < 10


def test_pinned_snapshot_outlives_seals(tmp_path):
    """A snapshot taken before a seal shows the same events after it."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("ab"))).result(10)
        with store.snapshot() as snapshot:
            store.seal()
            store.submit(chunk(lines("c"))).result(10)
            assert ids(snapshot) == ["a", "b"]
            assert store.stats().open_snapshots == 1
        assert store.stats().open_snapshots == 0
