"""The upkeep thread."""

from __future__ import annotations

import threading

from logstore.errors import StorageError
from logstore.storage.upkeep.loop import ChoreCounters, UpkeepLoop
from tests.logstore.storage.manual_clock import ManualClock


class Pile:
    """A chore with so many pieces of work, some of which fail at first."""

    def __init__(self, name: str, pieces: int, failures: int = 0) -> None:
        self.name = name
        self.pieces = pieces
        self.failures = failures
        self.is_empty = threading.Event()

    def due_s(self) -> float | None:
        """Now, until the pile is empty."""
        return 0 if self.pieces else None

    def work(self) -> None:
        """Takes a piece away, or fails."""
        if self.failures:
            self.failures -= 1
            raise StorageError("no luck")
        self.pieces -= 1
        if not self.pieces:
            self.is_empty.set()


def test_first_chore_goes_first_and_a_failing_one_pauses_alone():
    """While a chore rests after a failure the next one is done; after its pause it goes on."""
    clock = ManualClock()
    first, second = Pile("first", 1, failures=1), Pile("second", 2)
    loop = UpkeepLoop([first, second], clock, lambda failures: 10.0 * failures)
    assert loop.work_off() == 3
    assert (first.pieces, second.pieces) == (1, 0)
    assert loop.counters["first"] == ChoreCounters(0, 1, "no luck")
    clock.move(10)
    assert loop.work_off() == 1
    assert loop.counters == {"first": ChoreCounters(1, 1, ""), "second": ChoreCounters(2, 0, "")}


def test_thread_works_until_it_is_closed():
    """The thread does what is due, also what becomes due later."""
    pile = Pile("pile", 3)
    loop = UpkeepLoop([pile], ManualClock(), lambda _: 0.0)
    loop.start()
    assert pile.is_empty.wait(10)
    pile.is_empty.clear()
    pile.pieces = 2
    loop.wake()
    assert pile.is_empty.wait(10)
    loop.close()
    loop.close()


def test_loop_that_never_started_can_be_closed():
    """Closing needs no start."""
    UpkeepLoop([], ManualClock(), lambda _: 0.0).close()
