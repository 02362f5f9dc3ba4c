"""Places for running queries."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from logstore.errors import OverloadedError, QueryCancelledError
from logstore.model.timespan import NS_PER_SECOND
from query.execution.admission import Admission, Load
from query.execution.limits import Limits


def _fine() -> None:
    """Nobody was cancelled."""


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.002)


def _counts(load: Load) -> tuple[int, int, int, int]:
    return load.running, load.waiting, load.places, load.waited


class _Ticking:
    """A clock on which seven seconds lie between two looks."""

    def __init__(self) -> None:
        self._now_ns = 0

    def now_ns(self) -> int:
        """Never asked for."""
        raise AssertionError

    def monotonic_ns(self) -> int:
        """Seven seconds after the last one."""
        self._now_ns += 7 * NS_PER_SECOND
        return self._now_ns


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
    assert _counts(admission.load) == (0, 0, 1, 0)
    admission.enter(_fine)
    seen: list[Load] = []
    with pytest.raises(OverloadedError):
        admission.enter(lambda: seen.append(admission.load))
    assert _counts(seen[0]) == (1, 1, 1, 1)
    assert _counts(admission.load) == (1, 0, 1, 1)
    admission.leave()
    assert admission.load.running == 0


def test_the_load_tells_how_long_they_waited() -> None:
    """Nothing for whom there was a place at once; who waits in vain waits too, who is refused at once does not."""
    admission = Admission(Limits(max_running=1, max_waiting=1, wait_s=0.01), _Ticking())
    admission.enter(_fine)
    assert (admission.load.waits.counts[0], admission.load.waits.total) == (1, 0)
    refused: list[OverloadedError] = []

    def another() -> None:
        with pytest.raises(OverloadedError) as error:
            admission.enter(_fine)
        refused.append(error.value)

    with pytest.raises(OverloadedError, match="no place"):
        admission.enter(another)
    assert "too many" in str(refused[0])
    assert dict(admission.load.waits.buckets())["5.0"] == 1
    assert dict(admission.load.waits.buckets())["10.0"] == 2
    assert admission.load.waits.total == 7
