"""A store, and the model that it must be like."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from pathlib import Path
from random import Random

import msgpack
from crc32c import crc32c

from ingest.decode.choice import choose_decoder
from ingest.decode.settings import DecodeSettings
from logstore.app.answers import encode
from logstore.app.decoding import decoding
from logstore.app.desk import EngineDesk
from logstore.app.formats.jsonl import JsonlWriter
from logstore.app.questions import Cancellation, Question
from logstore.app.row_finder import EngineRowFinder
from logstore.errors import LogstoreError
from logstore.model.chunk import Chunk, Mode, chunk_key
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.settings import CompactionSettings, StorageSettings
from logstore.storage.store import Store
from logstore.storage.upkeep.retention_plan import Terms
from query.engine import Engine
from query.execution.limits import Limits
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.operations.model import START_NS, TAGS, Event, Model, Row, Search, make_record

DECODING = decoding(DecodeSettings(), choose_decoder())
MANY = 10**6
RETAINED_NS = 365 * 86_400 * 10**9 + 2 * 3600 * 10**9
"""The oldest events become too old while a program runs."""


def settings() -> StorageSettings:
    """Small parts and segments, and nothing that happens by itself."""
    return StorageSettings(
        seal_age_s=1e9,
        seal_bytes=2**30,
        memory_budget_bytes=2**31,
        max_segment_bytes=4000,
        max_parts_per_seal=3,
        row_group_rows=8,
        sort_bucket_rows=32,
        removal_grace_s=0.0,
        parts_file_s=1e9,
        retention={"default": Terms(max_age_ns=RETAINED_NS)},
        erase_after_s=3600.0,
        compaction=CompactionSettings(part_rows=300, day_rows=20),
    )


class Clock:
    """Moved by operations alone. Begins a year after the newest event, so that nothing is in the future."""

    def __init__(self) -> None:
        self.time_ns = START_NS + 365 * 86_400 * 10**9

    def now_ns(self) -> int:
        """UTC nanoseconds."""
        return self.time_ns

    def monotonic_ns(self) -> int:
        """The same."""
        return self.time_ns


class World:
    """What operations work on.

    Attributes:
        path: a directory of the test; the data is in `data` below it.
        directory: the data directory, which can be made to fail.
        clock: the store's.
        store: the store, open.
        model: what must be in it.
        unsure: chunks that were sent and not acknowledged, with their events, by id; a sender would send them again.
        sent: chunks with an id that were acknowledged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory = FaultyDirectory(path / "data")
        self.clock = Clock()
        self.model = Model()
        self.unsure: dict[bytes, tuple[Chunk, list[Event]]] = {}
        self.sent: list[Chunk] = []
        self._numbers = itertools.count()
        self.open()

    def open(self) -> None:
        """Opens the store; what is done in the background is done by operations only."""
        self.finder = EngineRowFinder(self.clock, None)
        self.store = Store.open(self.directory, DECODING, settings(), self.clock, self.finder)
        self.engine = Engine(self.store, Limits(), self.clock)
        upkeep = self.store._machinery.upkeep
        upkeep.close()
        upkeep._closing = False

    def close(self) -> None:
        """Closes it, as a server that is told to stop."""
        self.engine.close()
        self.store.close()
        self.finder.close()

    def adopt_losses(self, allowed: set[int], window: TimeSpan = EVERYTHING) -> None:
        """Some events may be gone: those that are, are gone for ever."""
        expected = {event.number for event in self.model.found(Search("*", lambda _: True), window)}
        found = {row["number"] for row in self.ask("* | fields number", window)}
        lost = expected - found
        assert lost <= allowed, f"{len(lost - allowed)} events are lost, among them {sorted(lost - allowed)[:5]}"
        self.model.gone |= lost

    def kill(self) -> None:
        """Ends it as `kill -9` does."""
        self.directory.die()
        self.close()
        self.directory.revive()

    def power_off(self) -> None:
        """Ends it as a power failure does."""
        self.directory.die()
        self.close()
        self.directory = self.directory.crash()

    def make_chunk(self, random: Random) -> tuple[Chunk, list[Event]]:
        """A chunk of some new events, and the events; now and then with an entry that is none."""
        tag = random.choice(TAGS)
        events, packed = [], []
        for number in itertools.islice(self._numbers, random.choice((1, 2, 5, 30))):
            time_ns, record, row = make_record(number, random)
            row["tag"] = tag
            seconds, rest = divmod(time_ns, 10**9)
            stamp = msgpack.ExtType(0, seconds.to_bytes(4, "big") + rest.to_bytes(4, "big"))
            packed.append(msgpack.packb([stamp, record]))
            events.append(Event(number, time_ns, row))
        if random.random() < 0.1:
            packed.insert(random.randrange(len(packed) + 1), msgpack.packb("no event"))
        chunk = Chunk(
            Mode.PACKED,
            b"".join(packed),
            len(packed),
            self.clock.now_ns(),
            wire_tag=tag.encode(),
            tag=tag,
            chunk_id=f"id-{events[0].number}".encode() if random.random() < 0.8 else None,
            settings=self.store.decode_settings,
        )
        return chunk, events

    def key(self, chunk: Chunk) -> bytes:
        """Under which a chunk with an id is remembered."""
        assert chunk.chunk_id is not None
        return chunk_key(chunk.tenant, chunk.wire_tag, chunk.chunk_id, len(chunk.payload), crc32c(chunk.payload))

    def ask(self, text: str, window: TimeSpan = EVERYTHING, limit: int = MANY) -> list[Row]:
        """The rows of an answer."""
        question = Question(text, window, limit, self.clock.now_ns())
        with EngineDesk(self.engine).ask(question, Cancellation()) as answer:
            return [json.loads(line) for line in b"".join(encode(answer, JsonlWriter())).splitlines()]

    def check(self, search: Search, window: TimeSpan = EVERYTHING) -> None:
        """Compares an answer with the model: each event once, with all its fields, newest first."""
        rows = self.ask(search.text, window)
        times = [row.pop("time") for row in rows]
        assert times == sorted(times, reverse=True), f"not newest first: {search.text}"
        expected = self.model.found(search, window)
        found, meant = _bag(rows), _bag([event.row for event in expected])
        assert not found - meant, f"{search.text} in {window}: too much: {_few(found - meant)}"
        assert not meant - found, f"{search.text} in {window}: missing: {_few(meant - found)}"

    @contextlib.contextmanager
    def failing(self, calls: int, fault: object) -> object:
        """The call to the disk fails that comes after so many others; whether it does is for the world to know."""
        self.directory.fail_later(calls, fault)
        try:
            with contextlib.suppress(LogstoreError):
                yield
        finally:
            self.directory._fail_at = 0


def _bag(rows: list[Row]) -> Counter[str]:
    return Counter(json.dumps(row, sort_keys=True) for row in rows)


def _few(bag: Counter[str]) -> str:
    shown = "; ".join(f"{count} x {row}" for row, count in bag.most_common(3))
    return f"{sum(bag.values())} rows, among them {shown}"
