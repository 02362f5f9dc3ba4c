"""Places for running queries."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from logstore.errors import OverloadedError, QueryCancelledError
from logstore.model.timespan import NS_PER_SECOND
from query.execution.admission import Admission, Load
from query.execution.limits import Limits
from query.execution.places import Length


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
        _until(lambda number=number: admission.load.waiting == number + 1)
    admission.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_who_gives_up_takes_no_place() -> None:
    """One that was cancelled, and one that waited too long, leave the place to the next."""
    admission = Admission(Limits(max_running=1, wait_s=0.1))
    admission.enter(_fine)
    with pytest.raises(QueryCancelledError):
        admission.enter(_cancelled)
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


def test_a_long_one_waits_while_short_ones_come_and_go() -> None:
    """Its share is taken; a place that a short one leaves is not for it."""
    admission = Admission(Limits(max_running=4, wait_s=60))
    for _ in range(2):
        admission.enter(_fine, length=Length.LONG)
    third = threading.Thread(target=admission.enter, args=(_fine,), kwargs={"length": Length.LONG})
    third.start()
    _until(lambda: admission.load.waiting == 1)
    for _ in range(3):
        admission.enter(_fine)
        assert (_counts(admission.load), admission.load.long) == ((3, 1, 4, 1), 2)
        admission.leave()
    admission.leave(Length.LONG)
    third.join()
    assert (_counts(admission.load), admission.load.long) == ((2, 0, 4, 1), 2)


def test_a_long_one_that_goes_on_as_a_short_one_lets_the_next_in() -> None:
    """It keeps its place, of which there is another one."""
    admission = Admission(Limits(max_running=2, wait_s=60))
    admission.enter(_fine, length=Length.LONG)
    second = threading.Thread(target=admission.enter, args=(_fine,), kwargs={"length": Length.LONG})
    second.start()
    _until(lambda: admission.load.waiting == 1)
    admission.shorten()
    second.join()
    assert (_counts(admission.load), admission.load.long) == ((2, 0, 2, 1), 1)


def test_how_long_a_query_is_follows_from_what_it_must_read() -> None:
    """More than so many events."""
    admission = Admission(Limits(long_rows=10))
    assert [admission.length_of(rows) for rows in (0, 10, 11)] == [Length.SHORT, Length.SHORT, Length.LONG]


@pytest.mark.parametrize("places", [1, 2, 3, 5])
def test_no_place_is_lost_among_many_threads(places: int) -> None:
    """Whoever waits, is cancelled or gives up: never too many run, and all places are free in the end."""
    admission = Admission(Limits(max_running=places, max_waiting=4, wait_s=0.01))
    most = {None: places, Length.LONG: max(1, places // 2)}
    seen: Counter[Length | None] = Counter()
    running: Counter[Length | None] = Counter()
    lock = threading.Lock()

    def come(number: int) -> None:
        for turn in range(60):
            length = Length.LONG if (number + turn) % 3 else Length.SHORT
            try:
                admission.enter(_cancelled if (number * turn) % 7 == 1 else _fine, length=length)
            except (OverloadedError, QueryCancelledError):
                continue
            with lock:
                running.update((None, length))
                seen.update({each: running[each] for each in most if running[each] > most[each]})
            with lock:
                running.subtract((None, length))
            admission.leave(length)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load = admission.load
    assert (seen, load.running, load.waiting, load.long) == (Counter(), 0, 0, 0)


def _cancelled() -> None:
    raise QueryCancelledError("gone")
