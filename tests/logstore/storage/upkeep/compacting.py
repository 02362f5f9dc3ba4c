"""Compaction in tests: done by the test, when it likes."""

from __future__ import annotations

from logstore.storage.store import Store
from tests.logstore.storage.manual_clock import ManualClock

DAYS_LATER_S = 3 * 86_400.0
"""After so long every hour and day of a test's events is over."""


def pass_days(store: Store) -> None:
    """Makes every hour and day of the events so far be over."""
    clock = store._machinery.clock
    assert isinstance(clock, ManualClock)
    clock.move(DAYS_LATER_S)


def compact(store: Store, most_steps: int = 10_000) -> int:
    """Compacts until nothing is due, in this thread; how many steps that took."""
    compaction = store._machinery.compaction
    for step in range(most_steps):
        if compaction.due_s() != 0:
            return step
        compaction.work()
    raise AssertionError("compaction does not end")
