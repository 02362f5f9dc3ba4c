"""When seals are due, and the thread that waits for them."""

from __future__ import annotations

import threading

from logstore.errors import StorageError
from logstore.storage.generation import Generation
from logstore.storage.seal_loop import SealLoop
from logstore.storage.seal_schedule import backoff_s, seal_due_s
from logstore.storage.settings import StorageSettings

SETTINGS = StorageSettings(seal_age_s=10, seal_bytes=1000, seal_log_bytes=5000, memory_budget_bytes=10_000)


def test_nothing_to_seal():
    """A generation without entries is never due."""
    assert seal_due_s(Generation(1, 1), 0, 99 * 10**9, SETTINGS) is None


def test_due_by_age():
    """A small generation is due when its first entry is old enough."""
    generation = Generation(1, 2, entries=1, opened_ns=5 * 10**9)
    assert seal_due_s(generation, 0, 7 * 10**9, SETTINGS) == 8
    assert seal_due_s(generation, 0, 99 * 10**9, SETTINGS) == 0


def test_due_at_once():
    """A generation with very many chunk ids, or of much in the log that no events came of, is due at once."""
    assert seal_due_s(Generation(1, 2, entries=1, opened_ns=0), 1000, 0, SETTINGS) == 0
    assert seal_due_s(Generation(1, 2, entries=1, opened_ns=0, log_bytes=5000), 0, 0, SETTINGS) == 0
    assert seal_due_s(Generation(1, 2, entries=1, opened_ns=0, log_bytes=4999), 0, 0, SETTINGS) == 10


def test_backoff_doubles_to_its_limit():
    """Pauses double from the first to the longest."""
    settings = StorageSettings(seal_backoff_s=1, max_seal_backoff_s=30)
    assert [backoff_s(failures, settings) for failures in (1, 2, 3, 5, 6, 500)] == [1, 2, 4, 16, 30, 30]


def test_failed_seals_are_tried_again():
    """A seal that fails, by the disk or by a bug, is tried again after a pause that grows with each failure."""
    errors: list[Exception | None] = [StorageError("full"), RuntimeError("bug"), None]
    pauses: list[int] = []
    done = threading.Event()

    def seal() -> None:
        error = errors.pop(0)
        if error is not None:
            raise error
        done.set()

    def pause(failures: int) -> float:
        pauses.append(failures)
        return 0.001

    loop = SealLoop(seal, lambda: None if done.is_set() else 0.0, pause)
    loop.start()
    assert done.wait(10)
    loop.close()
    assert pauses == [1, 2]


def test_a_wake_makes_it_look_again():
    """The loop sleeps while nothing is due, looks again when it is woken, and ends at once when it is closed."""
    due = threading.Event()
    done = threading.Event()

    def seal() -> None:
        due.clear()
        done.set()

    loop = SealLoop(seal, lambda: 0.0 if due.is_set() else None, lambda _: 0.0)
    loop.start()
    loop.wake()
    due.set()
    loop.wake()
    assert done.wait(10)
    loop.close()
