"""Threads that nobody waits for in the end."""

from __future__ import annotations

import threading
from concurrent.futures import wait

import pytest

from logstore.storage.remote import workers
from logstore.storage.remote.workers import Workers


def test_work_is_done_by_so_many_threads():
    """Results and errors come back, and no more threads work at a time than there are."""
    pool, both, names = Workers(2, "w"), threading.Barrier(2), set()

    def work(number: int) -> int:
        both.wait(10)
        names.add(threading.current_thread())
        if number == 3:
            raise ValueError("three")
        return number

    futures = [pool.submit(work, number) for number in range(4)]
    assert [future.result(10) for future in futures[:3]] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        futures[3].result(10)
    assert len(names) == 2
    pool.shutdown()
    assert not any(thread.is_alive() for thread in names)
    with pytest.raises(RuntimeError, match="has ended"):
        pool.submit(work, 1)


def test_end_does_not_wait_for_what_hangs(monkeypatch: pytest.MonkeyPatch):
    """What has not begun is cancelled, and what does not end is left alone."""
    monkeypatch.setattr(workers, "_PATIENCE_S", 0.05)
    pool, begun, held = Workers(1, "w"), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        held.wait(60)

    hanging, waiting = pool.submit(hang), pool.submit(hang)
    assert begun.wait(10)
    pool.shutdown()
    assert waiting.cancelled()
    assert not hanging.done()
    held.set()
    wait([hanging], 10)
    assert hanging.done()
