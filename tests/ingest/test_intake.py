"""Tests of ingest.intake: what is stored, what is a copy, and what the books are told of it."""

from __future__ import annotations

import asyncio

import pytest

from ingest.counters import IntakeCounters
from ingest.dedup import Dedup
from ingest.intake import Flight, Intake, failure_of
from ingest.ration import PERIOD_NS
from logstore.model.chunk import Chunk, Mode
from tests.ingest.fake_sink import FakeSink

FIRST_CONNECTION = 1000
RANDOM_ID = b"x" * 24 + b"\n"


class Clock:
    """A clock that stands still until it is moved."""

    ns = 0

    def now_ns(self):
        """Always the same."""
        return 0

    def monotonic_ns(self):
        """What it was moved to."""
        return self.ns


class Desk:
    """An intake over a sink that completes what it is told to."""

    def __init__(self) -> None:
        self.sink = FakeSink(is_prompt=False)
        self.counters = IntakeCounters()
        dedup = Dedup[Flight](self.sink, FIRST_CONNECTION, 0)
        self.clock = Clock()
        self.intake = Intake(self.sink, dedup, self.clock, self.counters)

    def send(self, ordinal: int, connection: int = FIRST_CONNECTION, chunk_id: bytes = RANDOM_ID) -> Flight:
        """Sends the chunk, or another copy of it."""
        chunk = Chunk(
            Mode.PACKED, b"payload", 1, ordinal, wire_tag=b"t", tag="t",
            connection=connection, ordinal=ordinal, chunk_id=chunk_id,
        )  # fmt: skip
        return self.intake.admit(chunk).flight

    @property
    def noted(self) -> list[tuple[int, int]]:
        """Connection and ordinal of each copy that the books were told of."""
        return [(copy.connection, copy.ordinal) for copy in self.sink.copies]


@pytest.fixture
async def desk():
    """A new one."""
    return Desk()


async def turn():
    """Lets what is due happen."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_copy_of_a_stored_chunk_is_noted_at_once(desk):
    """Also the thousandth; the chunk is stored once."""
    first = desk.send(0)
    desk.sink.complete(0)
    await first
    await turn()
    copies = [desk.send(number) for number in range(1, 1001)]
    await asyncio.gather(*copies)
    assert desk.noted == [(FIRST_CONNECTION, number) for number in range(1, 1001)]
    assert len(desk.sink.chunks) == 1
    assert desk.counters.duplicates == {"stored": 1000}


async def test_a_copy_in_flight_is_noted_when_the_first_has_landed(desk):
    """On whatever connection it came, before the first was durable."""
    first, second = desk.send(0), desk.send(0, FIRST_CONNECTION + 1)
    await turn()
    assert desk.noted == []
    desk.sink.complete(0)
    await asyncio.gather(first, second)
    await turn()
    assert desk.noted == [(FIRST_CONNECTION + 1, 0)]
    assert len(desk.sink.chunks) == 1


async def test_a_copy_of_what_failed_is_no_copy(desk):
    """Neither was stored; the next one is."""
    first, second = desk.send(0), desk.send(0, FIRST_CONNECTION + 1)
    desk.sink.fail(0)
    await asyncio.wait([first, second])
    await turn()
    assert all(failure_of(flight) is not None for flight in (first, second))
    assert desk.noted == []
    third = desk.send(1)
    desk.sink.complete(1)
    await third
    assert len(desk.sink.chunks) == 2


async def test_a_chunk_without_an_id_is_never_a_copy(desk):
    """Nothing tells it from another with the same bytes."""
    chunks = [Chunk(Mode.PACKED, b"payload", 1, 0, connection=FIRST_CONNECTION, ordinal=n) for n in range(2)]
    flights = [desk.intake.admit(chunk).flight for chunk in chunks]
    desk.sink.complete(0, 1)
    await asyncio.gather(*flights)
    assert desk.noted == []


async def test_a_disk_that_refuses_everything_is_told_once_in_a_while(desk, caplog):
    """Each failure is counted; the log gets a line, and a minute later one with the number of the others."""
    for number in range(101):
        desk.clock.ns = PERIOD_NS * (number == 100)
        flight = desk.send(number)
        desk.sink.fail(number)
        await asyncio.wait([flight])
        await turn()
    assert desk.counters.store_failures == 101
    first, second = [record.getMessage() for record in caplog.records]
    assert first.startswith("a chunk was not stored and will not be acknowledged: ")
    assert second == f"{first}; 99 more like this since it was last told"
