"""The thread that does the chores. A chore that fails pauses alone; the others go on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from logstore.clock import Clock
from logstore.errors import WorldError
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.upkeep.chore import Chore, SteppedChore

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChoreCounters:
    """What became of a chore's pieces of work since the store was opened; `last_error` is empty after a good one."""

    done: int = 0
    failures: int = 0
    last_error: str = ""


@dataclass(slots=True)
class _Duty:
    """A chore, and how it fares."""

    chore: Chore
    counters: ChoreCounters = field(default_factory=ChoreCounters)
    failures_in_a_row: int = 0
    resting_until_ns: int = 0


class UpkeepLoop:
    """Does chores when they are due, in their order.

    Args:
        chores: the chores; those that come first go first.
        clock: measures pauses.
        backoff_s: the pause of a chore after so many failures in a row.
    """

    def __init__(self, chores: Sequence[Chore], clock: Clock, backoff_s: Callable[[int], float]) -> None:
        self._duties = [_Duty(chore) for chore in chores]
        self._clock = clock
        self._backoff_s = backoff_s
        self._changed = threading.Condition()
        self._woken = self._closing = False
        self._thread = threading.Thread(target=self._run, name="logstore-upkeep", daemon=True)

    @property
    def counters(self) -> dict[str, ChoreCounters]:
        """What became of the chores, by name."""
        return {duty.chore.name: duty.counters for duty in self._duties}

    @property
    def is_closing(self) -> bool:
        """Whether a long piece of work should end early."""
        return self._closing

    def start(self) -> None:
        """Begins to work."""
        self._thread.start()

    def wake(self) -> None:
        """Says that something may be due earlier than it was."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def close(self) -> None:
        """Ends, after the piece of work that is under way. May be called again, and without a start.

        What chores do in several steps is given up, so that they keep no files from being removed.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()
        for duty in self._duties:
            if isinstance(duty.chore, SteppedChore):
                duty.chore.give_up()

    def work_off(self, most_pieces: int = 1_000_000) -> int:
        """Does what is due until nothing is, in the caller's thread, which must be the only one; how many pieces."""
        pieces = 0
        while pieces < most_pieces and (duty := self._due_duty()) is not None:
            self._do(duty)
            pieces += 1
        return pieces

    def _run(self) -> None:
        while not self._is_over():
            duty = self._due_duty()
            if duty is not None:
                self._do(duty)

    def _is_over(self) -> bool:
        """Waits until something may be due; whether this is the end."""
        wait_s = min((due for duty in self._duties if (due := self._due_s(duty)) is not None), default=None)
        with self._changed:
            if wait_s != 0:
                self._changed.wait_for(lambda: self._closing or self._woken, wait_s)
            self._woken = False
            return self._closing

    def _due_duty(self) -> _Duty | None:
        return next((duty for duty in self._duties if self._due_s(duty) == 0), None)

    def _due_s(self, duty: _Duty) -> float | None:
        due = duty.chore.due_s()
        resting = (duty.resting_until_ns - self._clock.monotonic_ns()) / NS_PER_SECOND
        return due if due is None or resting <= 0 else max(due, resting)

    def _do(self, duty: _Duty) -> None:
        before = duty.counters
        try:
            duty.chore.work()
        except Exception as error:  # noqa: BLE001 - a bug of ours in one chore must not end the others
            duty.failures_in_a_row += 1
            pause_s = self._backoff_s(duty.failures_in_a_row)
            duty.resting_until_ns = self._clock.monotonic_ns() + int(pause_s * NS_PER_SECOND)
            duty.counters = replace(before, failures=before.failures + 1, last_error=str(error) or repr(error))
            is_expected = isinstance(error, WorldError)
            _log.warning("%s failed and is tried again: %s", duty.chore.name, error, exc_info=not is_expected)
        else:
            duty.failures_in_a_row = 0
            duty.counters = replace(before, done=before.done + 1, last_error="")
