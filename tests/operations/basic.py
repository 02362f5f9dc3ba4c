"""Operations that every store knows: taking, sealing, asking, and ending in every way."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from random import Random

import pyarrow.parquet as pq

from logstore.model.chunk import Chunk
from logstore.storage.ledger.search import LedgerQuery
from tests.logstore.storage.faulty_directory import Fault
from tests.operations.model import Event, Search, draw_search, draw_window
from tests.operations.world import World

EVERYTHING_MEANT = Search("*", lambda _: True)
DEADLINE_S = 20


def ingest(world: World, random: Random) -> None:
    """Some chunks come and are acknowledged."""
    sent = [world.make_chunk(random) for _ in range(random.choice((1, 1, 3)))]
    futures = [(world.store.submit(chunk), chunk, events) for chunk, events in sent]
    for future, chunk, events in futures:
        future.result(DEADLINE_S)
        _acknowledged(world, chunk, events)


def resend(world: World, random: Random) -> None:
    """A sender sends a chunk once more, which it has not heard of, or has."""
    if world.unsure:
        chunk, events = world.unsure.pop(random.choice(sorted(world.unsure)))
        if world.store.origin(world.key(chunk)) is None:
            world.store.submit(chunk).result(DEADLINE_S)
        else:
            world.store.note_copy(chunk, world.key(chunk))
        _acknowledged(world, chunk, events)
    elif world.sent:
        chunk = random.choice(world.sent)
        assert world.store.origin(world.key(chunk)) is not None, f"{chunk.chunk_id!r} is forgotten"
        world.store.note_copy(chunk, world.key(chunk))


def seal(world: World, random: Random) -> None:
    """What is recent becomes parts, or the disk refuses that once."""
    with world.failing(random.randrange(40) if random.random() < 0.3 else 10**9, random.choice(list(Fault)[:3])):
        world.store.seal()


def query(world: World, random: Random) -> None:
    """Somebody asks for events."""
    world.check(draw_search(random), draw_window(random))


def count(world: World, random: Random) -> None:
    """Somebody asks how many there are, in groups."""
    search, window = draw_search(random), draw_window(random)
    field = random.choice(("tag", "level"))
    rows = world.ask(f"{search.text} | stats count() as events by {field}", window)
    expected: dict[str, int] = {}
    for event in world.model.found(search, window):
        expected[event.row[field]] = expected.get(event.row[field], 0) + 1
    assert {row[field]: row["events"] for row in rows} == expected, search.text


def newest(world: World, random: Random) -> None:
    """Somebody asks for the newest few."""
    search, limit = draw_search(random), random.choice((1, 5, 50))
    rows = world.ask(search.text, limit=limit)
    expected = world.model.found(search)
    assert len(rows) == min(limit, len(expected)), search.text
    known = {event.number: event.time_ns for event in expected}
    assert [known[row["number"]] for row in rows] == [event.time_ns for event in expected[:limit]], search.text


def restart(world: World, _random: Random) -> None:
    """The server stops and starts again; in between only what is live is in the directory."""
    world.close()
    listed = check_list(world)
    lost = {event.number for event in world.model.found(EVERYTHING_MEANT)} - listed
    assert not lost, f"in no part: {sorted(lost)[:5]}"
    live = {part["path"] for part in _listed(world)}
    names = set(world.directory.files("parts"))
    assert {name for name in names if name.endswith(".parquet")} == live, "other parts than those that are listed"
    indexes = {str(name).removesuffix(".parquet") + ".words" for name in live}
    assert names - live <= indexes, f"left over: {names - live - indexes}"
    assert not world.directory.files("wal"), "the log is left over"
    world.open()
    assert world.store.recovery.is_clean, world.store.recovery
    assert world.store.recovery.replayed == 0


def kill(world: World, random: Random) -> None:
    """The server is killed, now and then while a chunk is on its way, and starts again."""
    waiting = _send_late(world, random)
    world.kill()
    world.open()
    assert world.store.recovery.is_clean, world.store.recovery
    _settle(world, waiting)


def power_failure(world: World, random: Random) -> None:
    """The power goes, and what was never synced is lost."""
    waiting = _send_late(world, random)
    world.power_off()
    world.open()
    assert world.store.recovery.is_clean, world.store.recovery
    _settle(world, waiting)


def wait(world: World, random: Random) -> None:
    """Time passes."""
    world.clock.time_ns += random.choice((1, 60, 1000, 5000)) * 10**9


def tidy(world: World, random: Random) -> None:
    """Whatever is to be done in the background is done, or a part of it, or the disk refuses something."""
    fails = random.random() < 0.3
    with world.failing(random.randrange(60) if fails else 10**9, random.choice(list(Fault)[:3])):
        world.store._machinery.upkeep.work_off(random.choice((1, 3, 1000)))
    world.store._machinery.removals.sweep()


def books(world: World, _random: Random) -> None:
    """The ledger tells of as many events as were taken, and no chunk is told twice."""
    with world.store.snapshot(), world.store.ledger() as ledger:
        rows = ledger.search(LedgerQuery(limit=10**6)).rows.to_pylist()
    stored = [row for row in rows if row["status"] == "stored"]
    assert len({row["seq"] for row in stored}) == len(stored)
    assert sum(row["rows"] for row in stored) == len(world.model.events)


def parts_list(world: World, _random: Random) -> None:
    """Who reads the files that are listed finds every event once that is sealed, as far as none is deleted."""
    world.store._machinery.parts_file._write()
    check_list(world)


def check_list(world: World) -> set[int]:
    """Compares `parts.json`, and the files that it names, with the model; the events that are in them."""
    listed = _listed(world)
    numbers: list[int] = []
    for part in listed:
        table = pq.read_table(world.directory.path(part["path"]), partitioning=None)
        assert table.num_rows == part["rows"]
        numbers += [int(message.split()[1]) for message in table["message"].to_pylist()]
    assert len(numbers) == len(set(numbers)), "an event is in two parts"
    told = json.loads(world.directory.read("parts.json"))
    assert told["rows"] == len(numbers)
    assert set(numbers) <= world.model.events.keys(), "events that nobody sent"
    return set(numbers)


def _listed(world: World) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads(world.directory.read("parts.json"))["parts"]
    return listed


def _acknowledged(world: World, chunk: Chunk, events: list[Event]) -> None:
    world.model.add(events)
    if chunk.chunk_id is not None:
        world.sent.append(chunk)


Waiting = tuple[Future[int], Chunk, list[Event]]


def _send_late(world: World, random: Random) -> Waiting | None:
    """Sends a chunk whose acknowledgement nobody waits for; only those with an id, which can be sent again."""
    chunk, events = world.make_chunk(random)
    chunk = replace(chunk, chunk_id=b"late-%d" % events[0].number)
    return (world.store.submit(chunk), chunk, events) if random.random() < 0.5 else None


def _settle(world: World, waiting: Waiting | None) -> None:
    """What was acknowledged before the end is there; else the chunk is there whole, or not at all."""
    if waiting is None:
        return
    future, chunk, events = waiting
    is_there = world.store.origin(world.key(chunk)) is not None
    if future.exception(DEADLINE_S) is None:
        assert is_there, "an acknowledged chunk is lost"
    if is_there:
        _acknowledged(world, chunk, events)
    else:
        assert chunk.chunk_id is not None
        world.unsure[chunk.chunk_id] = (chunk, events)
