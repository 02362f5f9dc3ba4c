"""Recent events: the same whether they are in the head, in parts, or in both."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.chunk import Entry
from logstore.model.snapshot import Snapshot
from logstore.storage.budget import Budget
from logstore.storage.coalesce import coalesce
from logstore.storage.head import Head, HeadLimits
from logstore.storage.quarantine.held import HeldLimits
from logstore.storage.wal.format import LoggedEntry
from tests.logstore.storage.lines import HOUR_NS, START_NS, LineDecoder, chunk, events
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.test_store import opened

LINES = st.builds(
    lambda hour, offset, tag, size: f"{START_NS + hour * HOUR_NS + offset} {tag} m {size}\n".encode(),
    st.integers(-3, 3),
    st.integers(0, 10**9),
    st.sampled_from(["a", "b", "é"]),
    st.sampled_from(["1", "20", "big"]),
)
PAYLOADS = st.lists(LINES | st.just(b"bad\n"), max_size=4).map(b"".join)


@settings(max_examples=15)
@given(st.lists(PAYLOADS, min_size=1, max_size=8), st.data())
def test_head_parts_and_both_hold_the_same(payloads, data):
    """Where the seals fall changes nothing: the same chunks give the same events with the same sequence numbers."""
    seals = data.draw(st.sets(st.integers(0, len(payloads) - 1)), "seal after")
    found = []
    for plan in (set(), seals, set(range(len(payloads)))):
        with (
            TemporaryDirectory() as folder,
            opened(Path(folder), max_parts_per_seal=2, fresh_row_group_rows=2) as store,
        ):
            for number, payload in enumerate(payloads):
                store.submit(chunk(payload)).result(10)
                if number in plan:
                    store.seal()
            with store.snapshot() as snapshot:
                found.append(events(snapshot))
    assert found[0] == found[1] == found[2]


def test_coalescing_keeps_few_batches_and_every_row():
    """Thousands of batches of one row become a handful, in order."""
    decoder = LineDecoder()
    batches = ()
    for seq in range(1, 1001):
        entry = Entry(seq, chunk(f"{START_NS} a m 1\n".encode()))
        batches = coalesce(batches, decoder.decode([entry]).batch)
    assert len(batches) <= 12
    assert [seq for batch in batches for seq in batch.table.column("_seq").to_pylist()] == list(range(1, 1001))


def test_garbage_is_sealed_by_what_it_takes_in_the_log(tmp_path):
    """Nothing comes of it, but it must neither fill the disk nor be replayed at each restart."""
    with opened(tmp_path, seal_log_bytes=100_000) as store:
        for _ in range(30):
            store.submit(chunk(b"garbage\n" * 500)).result(10)
        store.wait_for_change(15_000 - 1, 10)
        until(lambda: store.stats().seals.seals >= 1)
        assert store.stats().part_rows == 0


def test_decoding_waits_for_a_seal_when_memory_is_full():
    """What waits is smaller than what it becomes: it is decoded when the seal is done, or has failed."""
    budget = Budget(1)
    head = Head(LineDecoder(), budget, ManualClock(), HeadLimits(1, HeldLimits(1, 1)), Snapshot(0))
    head.start(lambda: None)
    head.join([logged(1)])
    assert head.snapshot().rows == 1
    frozen = head.freeze()
    head.join([logged(2)])
    assert head.wait_for_change(1, 0.05) == 1
    assert head.counters.undecoded_entries == 1
    head.seal_failed()
    assert head.snapshot().rows == 2
    assert head.freeze() is frozen
    head.swap([])
    head.freeze()
    head.join([logged(3)])
    assert head.wait_for_change(2, 0.05) == 2
    head.swap([])
    assert head.snapshot().seq == 3
    head.freeze()
    head.join([logged(4)])
    head.close()
    assert head.counters.undecoded_entries == 0


def logged(seq: int) -> LoggedEntry:
    """A log entry of one event."""
    return LoggedEntry(Entry(seq, chunk(f"{START_NS} a m 1\n".encode())), 0)


def until(is_so: Callable[[], bool]) -> None:
    """Waits until something is so."""
    pause = threading.Event()
    for _ in range(5000):
        if is_so():
            return
        pause.wait(0.002)
    raise AssertionError("it did not come to be")
