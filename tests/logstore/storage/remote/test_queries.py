"""Queries over parts that are in object storage."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from random import Random

import pytest

from logstore.clock import SystemClock
from logstore.errors import LimitExceededError, QueryCancelledError
from logstore.model.timespan import TimeSpan
from logstore.storage.store import Store
from logstore.storage.upkeep.scrub import ScrubSettings
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, START_NS, chunk, lines
from tests.logstore.storage.remote.faulty_objects import FaultyObjects
from tests.logstore.storage.remote.remote_store import drop_local, local_parts, open_remote, pass_time, tight
from tests.logstore.storage.sender import Sender

EVERYTHING = "* | stats count(message) as events"
"""Has to read every event: how many there are is known without."""


@pytest.fixture
def objects() -> FaultyObjects:
    """A store of objects."""
    return FaultyObjects()


@pytest.fixture
def store(tmp_path, objects: FaultyObjects):
    """A store of four hours of events, none of which is on the local disk."""
    store = open_remote(FaultyDirectory(tmp_path / "data"), objects)
    sender = Sender()
    for _ in range(12):
        sender.send(store, 1)
        store.seal()
    pass_time(store)
    assert drop_local(store) == store.stats().parts > 8
    assert not local_parts(store)
    with closing(store):
        yield store


@pytest.fixture
def engine(store: Store, tmp_path):
    """An engine over it."""
    with engine_of(store, tmp_path) as engine:
        yield engine


def engine_of(store: Store, tmp_path):
    """An engine over a store."""
    limits = Limits(time_s=30, memory_bytes=1 << 28, threads=2, temp_directory=str(tmp_path / "spill"))
    return closing(Engine(store, limits, SystemClock()))


def ask(engine: Engine, text: str, **how):
    """The rows and the facts of an answer."""
    with engine.query(Request(text, **how)) as answer:
        rows = answer.table().to_pylist()
        return rows, answer.facts()


def test_query_fetches_what_it_reads_and_nothing_else(engine: Engine, store: Store):
    """A window fetches the parts that overlap it; without one all are; what is here is not fetched again."""
    window = TimeSpan(START_NS + HOUR_NS, START_NS + 2 * HOUR_NS)
    rows, facts = ask(engine, EVERYTHING, window=window)
    assert rows[0]["events"] > 0
    assert facts.lacking is None
    with store.snapshot() as snapshot:
        overlapping = [part for part in snapshot.parts if window.overlaps(part.time_min_ns, part.time_max_ns)]
        everything = snapshot.rows
    assert len(local_parts(store)) == len(overlapping) < store.stats().parts
    assert ask(engine, EVERYTHING)[0] == [{"events": everything}]
    assert store.stats().remote.fetches.fetches == len(local_parts(store)) == store.stats().parts
    ask(engine, EVERYTHING)
    assert store.stats().remote.fetches.fetches == store.stats().parts


def test_events_are_counted_without_fetching(engine: Engine, store: Store, objects: FaultyObjects):
    """How many there are is known, whether the store can be reached or not."""
    objects.go_down()
    with store.snapshot() as snapshot:
        everything = snapshot.rows
    rows, facts = ask(engine, "* | stats count() as events")
    assert rows == [{"events": everything}]
    assert facts.lacking is None
    assert local_parts(store) == []


def test_newest_events_are_fetched_first_and_alone(tmp_path):
    """A question that is satisfied by the newest slice fetches no older one."""
    store = open_remote(FaultyDirectory(tmp_path / "data"), FaultyObjects(), fresh_row_group_rows=30_000)
    for hour, count in enumerate((10, 10, 70_000)):
        names = [f"{hour}.{number}" for number in range(count)]
        store.submit(chunk(lines(names, START_NS + hour * HOUR_NS))).result()
        store.seal()
    pass_time(store)
    assert drop_local(store) == 3
    with closing(store), engine_of(store, tmp_path) as engine:
        rows, _ = ask(engine, "*", limit=1)
        assert len(rows) == 1
        assert len(local_parts(store)) == 1


def test_hint_of_an_empty_answer_fetches_nothing(engine: Engine, store: Store):
    """Nothing matches within the window: what lies outside is not fetched to be counted, and not told."""
    _, facts = ask(engine, "message:nothing", window=TimeSpan(0, 1))
    assert (facts.rows, facts.outside, facts.lacking) == (0, None, None)
    assert local_parts(store) == []
    ask(engine, EVERYTHING)
    _, facts = ask(engine, "message:nothing", window=TimeSpan(0, 1))
    assert facts.outside is not None


def test_answer_says_what_it_could_not_have(engine: Engine, store: Store, objects: FaultyObjects):
    """With the store down the answer comes from what is here, and tells what lacks, when it is of, and why."""
    window = TimeSpan(START_NS, START_NS + HOUR_NS)
    here = ask(engine, EVERYTHING, window=window)[0]
    objects.go_down()
    assert ask(engine, EVERYTHING, window=window)[0] == here
    rows, facts = ask(engine, EVERYTHING)
    lacking = facts.lacking
    assert lacking is not None
    assert lacking.parts == store.stats().parts - len(local_parts(store))
    with store.snapshot() as snapshot:
        assert rows[0]["events"] + lacking.rows == snapshot.rows
    assert any("made to fail" in why for why in lacking.unreached)
    objects.mend()
    store._machinery.clock.move(10)
    assert ask(engine, EVERYTHING)[1].lacking is None


def damage_local_parts(store: Store) -> None:
    """Changes a byte in the middle of each local file of a part, which nobody has checked yet."""
    directory = store._machinery.directory
    for name in local_parts(store):
        content = bytearray(directory.read(name))
        content[len(content) // 2] ^= 0xFF
        with open(directory.path(name), "wb") as file:  # noqa: PTH123 - the path is a text
            file.write(content)
    store._machinery.unsound.checked.keep_only([])


def test_damaged_local_file_is_fetched_again(engine: Engine, store: Store):
    """Damage on the local disk is found before it is read, and the file comes back from the store."""
    before = ask(engine, "*", limit=100)[0]
    damage_local_parts(store)
    rows, facts = ask(engine, "*", limit=100)
    assert (rows, facts.lacking) == (before, None)
    assert store.stats().remote.fetches.fetches > store.stats().parts


def test_damaged_local_file_waits_for_a_store_that_is_down(engine: Engine, store: Store, objects: FaultyObjects):
    """Meanwhile answers lack the part; it is not taken out of the store, and is fetched when that can be."""
    before = ask(engine, "*", limit=100)[0]
    damage_local_parts(store)
    objects.go_down()
    rows, facts = ask(engine, "*", limit=100)
    assert len(rows) < len(before)
    assert facts.lacking is not None
    objects.mend()
    store._machinery.clock.move(10)
    rows, facts = ask(engine, "*", limit=100)
    assert (rows, facts.lacking) == (before, None)
    with store.snapshot() as snapshot:
        assert not snapshot.unfit


def test_scrub_finds_damage_and_leaves_what_is_away_alone(engine: Engine, store: Store):
    """Parts that are not here are neither read nor missed; a damaged local file is fetched again."""
    store._machinery.upkeep.close()
    scrub = store._machinery.scrub
    scrub._settings = ScrubSettings(interval_s=1e6, most_bytes_per_s=1 << 30)
    while not scrub.counters.passes:
        store._machinery.clock.move(3600)
        scrub.work()
    assert scrub.counters.bytes == 0
    assert local_parts(store) == []
    before = ask(engine, "*", limit=100)[0]
    damage_local_parts(store)
    while scrub.counters.passes < 2:
        store._machinery.clock.move(3600)
        scrub.work()
    assert scrub.counters.bytes > 0
    rows, facts = ask(engine, "*", limit=100)
    assert (rows, facts.lacking) == (before, None)


def test_more_than_there_is_room_for_is_refused(engine: Engine, store: Store):
    """A statement that reads more at a time than the cache may hold says how much, and what to do."""
    store._machinery.remote._cache._rules = tight(10)
    with pytest.raises(LimitExceededError, match=r"room for 10 on the local disk \(narrow the time window"):
        ask(engine, EVERYTHING)
    assert local_parts(store) == []


def test_query_that_waits_for_the_store_can_be_cancelled(engine: Engine, objects: FaultyObjects):
    """Whoever cancels does not wait until the files are there."""
    held, waiting = threading.Event(), threading.Event()
    get_range = objects.get_range

    def slow(name: str, start: int, end: int) -> bytes:
        waiting.set()
        held.wait(60)
        return get_range(name, start, end)

    objects.get_range = slow
    caught: list[BaseException] = []
    with engine.query(Request(EVERYTHING)) as answer:

        def read() -> None:
            try:
                answer.table()
            except QueryCancelledError as error:
                caught.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        assert waiting.wait(30)
        answer.cancel()
        thread.join(30)
        held.set()
    assert len(caught) == 1


def test_many_readers_share_a_small_cache(store: Store):
    """Threads that read parts at random, with room for few of them, always find what they read, within the bound."""
    cache = store._machinery.remote._cache
    with store.snapshot() as snapshot:
        parts = snapshot.parts
    bound = 4 * max(part.bytes for part in parts)
    cache._rules = tight(bound)
    store._machinery.remote._fetcher._room_wait_s = 60.0
    wrong: list[object] = []

    def read(seed: int) -> None:
        random = Random(seed)
        for _ in range(25):
            chosen = [random.choice(parts)]
            with store.reading(chosen) as unread:
                for part in chosen:
                    with open(part.path, "rb") as file:  # noqa: PTH123 - the path is a text
                        content = file.read()
                    if unread or len(content) != part.bytes or cache.counters.cached_bytes > bound:
                        wrong.append((unread, part))

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert cache.counters.evictions > 20


def test_other_engines_are_told_what_is_not_here(tmp_path, store: Store, engine: Engine):
    """Only files that are here are among the parts of `parts.json`; it follows what is fetched and what makes room."""
    machinery = store._machinery

    def listed() -> dict:
        machinery.parts_file._write()
        told = json.loads((tmp_path / "data" / "parts.json").read_text())
        assert all((tmp_path / "data" / part["path"]).exists() for part in told["parts"])
        assert not any((tmp_path / "data" / part["path"]).exists() for part in told["remote"])
        assert told["rows"] == sum(part["rows"] for part in told["parts"])
        assert told["remote_rows"] == sum(part["rows"] for part in told["remote"])
        return told

    told = listed()
    rows = told["remote_rows"]
    assert (told["parts"], told["rows"]) == ([], 0)
    moved: list[bool] = []
    assert machinery.remote._cache._on_moved == machinery.parts_file.wake
    machinery.remote._cache.follow(lambda: moved.append(True))
    with engine.query(Request(EVERYTHING, TimeSpan(START_NS, START_NS + HOUR_NS))) as answer:
        assert answer.table().column("events").to_pylist()[0] > 0
    assert moved
    moved.clear()
    told = listed()
    assert (told["rows"] > 0, told["rows"] + told["remote_rows"]) == (True, rows)
    assert drop_local(store)
    assert moved
    assert listed()["remote_rows"] == rows
