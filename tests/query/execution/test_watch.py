"""Tests of query.execution.watch."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import pytest

from query.execution.watch import Ending, Watchdog

LONG_S = 3600.0
SOON_S = 0.01
WAIT_S = 30.0
"""A test that waits so long has failed."""


@pytest.fixture
def dog() -> Iterator[Watchdog]:
    """One that has no thread any more at the end."""
    dog = Watchdog()
    yield dog
    dog.close()
    assert dog._thread is None


class Bell:
    """Counts how often it was rung."""

    def __init__(self) -> None:
        self.rung = threading.Semaphore(0)

    def ring(self) -> None:
        """Once more."""
        self.rung.release()

    def heard(self, times: int = 1) -> bool:
        """Whether it is rung so often."""
        return all(self.rung.acquire(timeout=WAIT_S) for _ in range(times))


def test_a_query_is_interrupted_at_its_deadline(dog: Watchdog) -> None:
    """Again and again until it is closed: the database forgets what comes between two statements."""
    bell = Bell()
    watch = dog.watch(bell.ring, SOON_S)
    watch.start()
    assert bell.heard(3)
    assert watch.ending is Ending.DEADLINE
    watch.close()


@pytest.mark.parametrize("time_s", [1e12, math.inf])
def test_a_query_without_end_ends_no_other_s_watch(dog: Watchdog, time_s: float) -> None:
    """Longer than a thread can sleep is a time, too."""
    bell = Bell()
    endless = dog.watch(bell.ring, time_s)
    endless.start()
    soon = dog.watch(bell.ring, SOON_S)
    soon.start()
    assert bell.heard()
    soon.close()
    deadline = time.monotonic() + WAIT_S
    while dog._wakes < LONG_S + deadline:
        # It wakes once more for the one that was closed; to listen is to wait a moment.
        bell.rung.acquire(timeout=SOON_S)
        assert time.monotonic() < deadline
    with dog._changed:
        assert dog._thread is not None
    endless.cancel()
    assert bell.heard()
    endless.close()


def test_a_query_is_interrupted_when_it_is_cancelled(dog: Watchdog) -> None:
    """At once, and again and again; while the others go on."""
    one, other = Bell(), Bell()
    going = dog.watch(other.ring, LONG_S)
    watch = dog.watch(one.ring, LONG_S)
    going.start()
    watch.start()
    assert watch.ending is None
    watch.cancel()
    assert one.heard(3)
    assert watch.ending is Ending.CANCELLED
    assert going.ending is None
    assert not other.rung.acquire(blocking=False)
    watch.close()
    going.close()


def test_a_shorter_deadline_comes_first(dog: Watchdog) -> None:
    """Also when the thread sleeps until a later one."""
    first, bell = dog.watch(Bell().ring, LONG_S), Bell()
    first.start()
    watch = dog.watch(bell.ring, SOON_S)
    watch.start()
    assert bell.heard()
    watch.close()
    first.close()


def test_what_was_cancelled_before_it_starts_is_interrupted(dog: Watchdog) -> None:
    """The wish is not lost between the two."""
    bell = Bell()
    watch = dog.watch(bell.ring, LONG_S)
    watch.cancel()
    watch.start()
    assert bell.heard()
    watch.close()


def test_nothing_is_interrupted_after_its_end(dog: Watchdog) -> None:
    """Its cursor may be another query's by then; a wish that comes late changes nothing either."""
    bell, next_bell = Bell(), Bell()
    watch = dog.watch(bell.ring, LONG_S)
    watch.start()
    watch.cancel()
    assert bell.heard()
    watch.close()
    while bell.rung.acquire(blocking=False):
        pass
    watch.cancel()
    following = dog.watch(next_bell.ring, SOON_S)
    following.start()
    assert next_bell.heard(3)
    following.close()
    assert not bell.rung.acquire(blocking=False)


def test_one_thread_watches_over_all(dog: Watchdog) -> None:
    """However many queries run, and however many ran before."""
    before = threading.active_count()
    for _ in range(10):
        watches = [dog.watch(Bell().ring, LONG_S) for _ in range(10)]
        for watch in watches:
            watch.start()
        assert threading.active_count() == before + 1
        for watch in watches:
            watch.close()
        assert dog._due == {}


def test_the_thread_comes_back() -> None:
    """It ends when there is nothing to watch over when it wakes, and the next query has it started again."""
    dog = Watchdog()
    for _ in range(3):
        bell = Bell()
        watch = dog.watch(bell.ring, SOON_S)
        watch.start()
        assert bell.heard()
        watch.close()
        dog.close()
        assert dog._thread is None


def test_the_time_stands_still_until_the_next_start(dog: Watchdog) -> None:
    """There is no deadline meanwhile, and what was left of the time is left then."""
    watch = dog.watch(Bell().ring, LONG_S)
    watch.start()
    first = watch.due
    watch.pause()
    assert (watch.due, watch.ending, dog._due) == (math.inf, None, {})
    watch.start()
    assert first <= watch.due <= time.monotonic() + LONG_S
    watch.close()


def test_who_has_no_time_left_has_none_after_a_pause(dog: Watchdog) -> None:
    """Nobody gains by waiting."""
    bell = Bell()
    watch = dog.watch(bell.ring, 0.0)
    watch.start()
    watch.pause()
    watch.start()
    assert bell.heard()
    assert watch.ending is Ending.DEADLINE
    watch.close()


def test_who_is_cancelled_while_the_time_stands_still_is_told(dog: Watchdog) -> None:
    """And is interrupted once it runs on."""
    bell = Bell()
    watch = dog.watch(bell.ring, LONG_S)
    watch.start()
    watch.pause()
    watch.cancel()
    assert watch.ending is Ending.CANCELLED
    watch.start()
    assert bell.heard()
    watch.close()
