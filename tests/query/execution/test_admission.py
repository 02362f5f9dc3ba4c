"""Places for running queries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from logstore.errors import OverloadedError, QueryCancelledError
from query.execution.admission import Admission, Load
from query.execution.limits import Limits


def _fine() -> None:
    """Nobody was cancelled."""


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.002)


def test_places_go_to_those_who_came_first() -> None:
    """However many wait, each gets the place before all who came later."""
    admission = Admission(Limits(max_running=1, wait_s=60))
    admission.enter(_fine)
    order: list[int] = []

    def wait(number: int) -> None:
        admission.enter(_fine)
        order.append(number)
        admission.leave()

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        _until(lambda number=number: len(admission._queue) == number + 1)
    admission.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_who_gives_up_takes_no_place() -> None:
    """One that was cancelled, and one that waited too long, leave the place to the next."""
    admission = Admission(Limits(max_running=1, wait_s=0.1))
    admission.enter(_fine)

    def cancelled() -> None:
        raise QueryCancelledError("gone")

    with pytest.raises(QueryCancelledError):
        admission.enter(cancelled)
    with pytest.raises(OverloadedError, match="no place"):
        admission.enter(_fine)
    admission.leave()
    admission.enter(_fine)
    with pytest.raises(OverloadedError, match="too many"):
        Admission(Limits(max_running=0, max_waiting=0)).enter(_fine)


def test_the_load_tells_who_runs_and_who_waits() -> None:
    """Whoever left or gave up is in it no more, but for the count of those that ever had to wait."""
    admission = Admission(Limits(max_running=1, wait_s=0.1))
    assert admission.load == Load(running=0, waiting=0, places=1, waited=0)
    admission.enter(_fine)
    seen: list[Load] = []
    with pytest.raises(OverloadedError):
        admission.enter(lambda: seen.append(admission.load))
    assert seen[0] == Load(running=1, waiting=1, places=1, waited=1)
    assert admission.load == Load(running=1, waiting=0, places=1, waited=1)
    admission.leave()
    assert admission.load.running == 0
