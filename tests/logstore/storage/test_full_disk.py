"""A disk that is full for a while: intake is refused or stops, nothing is lost, and all resumes by itself."""

from __future__ import annotations

import contextlib
import threading

import pytest

from logstore.errors import StorageError
from logstore.storage.settings import StorageSettings
from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import LINES, chunk, ids, lines
from tests.logstore.storage.manual_clock import ManualClock


def test_failed_seal_keeps_everything(tmp_path):
    """A seal that fails leaves events in memory and in the log, is told, and succeeds later with newer events."""
    directory = FaultyDirectory(tmp_path / "data")
    store = Store.open(directory, LINES, StorageSettings(seal_age_s=1e9), ManualClock())
    store.submit(chunk(lines("ab"))).result(10)
    directory.fail_later(3, Fault.SHORT)
    with pytest.raises(StorageError):
        store.seal()
    assert store.stats().seals.failures == 1
    assert "made to fail" in store.stats().seals.last_error
    store.submit(chunk(lines("c"))).result(10)
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b", "c"]
        assert not snapshot.parts
    store.seal()
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b", "c"]
        assert not snapshot.head
    assert (store.stats().seals.seals, store.stats().seals.last_error) == (2, "")
    store.close()


def test_intake_resumes_when_space_returns(tmp_path):
    """While every write fails nothing is acknowledged and seals are retried; afterwards both go on by themselves."""
    directory = FaultyDirectory(tmp_path / "data")
    settings = StorageSettings(
        seal_age_s=60, seal_bytes=20_000, memory_budget_bytes=40_000, seal_backoff_s=0.001, max_seal_backoff_s=0.01
    )
    clock = ManualClock()
    store = Store.open(directory, LINES, settings, clock)
    store.submit(chunk(lines("a"))).result(10)
    directory.die()
    with pytest.raises(StorageError, match="power is gone"):
        store.submit(chunk(lines("b"))).result(10)
    directory.revive()
    store.submit(chunk(lines("c"))).result(10)
    store.wait_for_change(2, 10)
    directory.die()
    store._machinery.budget.add(40_000)
    clock.move(60)
    store._machinery.seal_loop.wake()
    pause = threading.Event()
    while store.stats().seals.failures < 2:
        pause.wait(0.002)
    assert not store.has_room()
    directory.revive()
    while store.stats().seals.seals == 0:
        pause.wait(0.002)
    store._machinery.budget.add(-40_000)
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "c"]
        assert not snapshot.head
    store.close()


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER])
def test_second_seal_completes_the_first(tmp_path, fault):
    """For every n: when the n-th call of a seal fails, the next seal completes it, also when the commit happened."""
    for number in range(60):
        directory = FaultyDirectory(tmp_path / str(number))
        store = Store.open(directory, LINES, StorageSettings(seal_age_s=1e9), ManualClock())
        store.submit(chunk(lines("ab"), b"id")).result(10)
        calls = len(directory.calls)
        directory.fail_later(number, fault)
        with contextlib.suppress(StorageError):
            store.seal()
        if len(directory.calls) <= calls + number:
            store.close()
            return
        store.seal()
        with store.snapshot() as snapshot:
            assert ids(snapshot) == ["a", "b"]
            assert len(snapshot.parts) == 1
        store.close()
        reopened = Store.open(directory, LINES, StorageSettings(), ManualClock())
        assert reopened.recovery.is_clean
        with reopened.snapshot() as snapshot:
            assert ids(snapshot) == ["a", "b"]
        reopened.close()
    pytest.fail("a seal makes more calls than this test covers")
