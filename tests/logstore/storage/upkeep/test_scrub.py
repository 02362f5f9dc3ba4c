"""Reading all parts again in the background."""

from __future__ import annotations

import pytest

from logstore.storage.upkeep.scrub import Scrub, ScrubSettings, pace
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import chunk, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import open_store
from tests.logstore.storage.verify.damage import flip

WEEK = 7 * 86_400.0
SLOW = ScrubSettings(WEEK, 1 << 20)


@pytest.fixture
def store(tmp_path):
    """A store with three parts."""
    store = open_store(FaultyDirectory(tmp_path))
    for name in "abc":
        store.submit(chunk(lines([name]), name.encode())).result(10)
        store.seal()
    yield store
    store.close()


def scrub_of(store, settings: ScrubSettings = SLOW) -> tuple[Scrub, ManualClock]:
    """A chore of its own for a store, and its clock."""
    clock = ManualClock()
    return Scrub(store._machinery.head, store._machinery.unsound, clock, settings), clock


@pytest.mark.parametrize(
    ("total", "expected"), [(0, 1.0), (int(WEEK) * 1000, 1000.0), (int(WEEK) * (1 << 30), float(1 << 20))]
)
def test_the_pace_is_that_of_the_interval_and_never_above_the_bound(total, expected):
    """A store too large for the bound takes longer than the interval."""
    assert pace(total, ScrubSettings(WEEK, 1 << 20)) == expected


def test_every_part_has_its_turn_at_the_pace(store):
    """A piece waits for as long as the bytes before it may take; after the last part it begins again."""
    scrub, clock = scrub_of(store, ScrubSettings(100.0, 1 << 20))
    total = store.stats().part_bytes
    waited = 0.0
    while not scrub.counters.passes:
        waited += scrub.due_s()
        clock.move(scrub.due_s() + 1e-6)
        scrub.work()
    assert scrub.counters.bytes == total
    assert waited == pytest.approx(100.0, rel=0.01)
    assert scrub.counters.passed_ns == clock.now_ns()
    clock.move(2)
    scrub.work()
    assert scrub.counters.bytes > total


def test_damage_is_found_before_anybody_reads_it(store):
    """The part is out of the store, and the others are read on."""
    with store.snapshot() as snapshot:
        bad = snapshot.parts[1]
    flip(bad.path, bad.bytes - 1)
    scrub, clock = scrub_of(store)
    while not scrub.counters.passes:
        clock.move(scrub.due_s() + 1e-6)
        scrub.work()
    with store.snapshot() as snapshot:
        assert snapshot.unfit == (bad,)
        assert len(snapshot.parts) == 2


def test_an_interval_of_zero_turns_it_off(store):
    """Nothing is ever due."""
    assert scrub_of(store, ScrubSettings(0.0, 1))[0].due_s() is None
