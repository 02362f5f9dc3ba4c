"""Deletions with the real engine: every way to ask leaves out what is deleted, whatever has become of it meanwhile."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logstore.app.row_finder import EngineRowFinder
from logstore.errors import StorageError
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.directory import PosixDirectory
from logstore.storage.part.load import load_part
from logstore.storage.settings import StorageSettings
from logstore.storage.store import Store
from logstore.storage.upkeep.deletions import DeletionOrder
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.lang.lasting import lasting
from query.lang.parse import parse
from tests.logstore.storage.lines import HOUR_NS, LINES, START_NS, chunk
from tests.logstore.storage.manual_clock import ManualClock
from tests.scale import scaled

SETTINGS = StorageSettings(
    seal_age_s=1e9, row_group_rows=5, sort_bucket_rows=20, removal_grace_s=0.0, erase_after_s=100.0
)


@dataclass(frozen=True)
class Event:
    """An event as it was sent."""

    time_ns: int
    tag: str
    message: str
    size: str

    @property
    def number(self) -> int | None:
        """Its size, where that is a number."""
        return int(self.size) if self.size.isdigit() else None


# Searches, and what they mean, told a second time.
SEARCHES = {
    "tag:app": lambda event: event.tag == "app",
    'tag:(app, "d\'or")': lambda event: event.tag in {"app", "d'or"},
    "size:>4": lambda event: event.number is not None and event.number > 4,
    "size:big": lambda event: event.size == "big",
    "-size:big": lambda event: event.size != "big",
    "word": lambda event: event.message == "word",
    "tag:app word OR size:1": lambda event: (event.tag, event.message) == ("app", "word") or event.size == "1",
    "*": lambda event: event is not None,
    "nothing:here": lambda event: event is None,
    'tag:~"^[ad]"': lambda event: event.tag[0] in "ad",
    '"it\'s"': lambda event: event.message == "it's",
    "time:2025-11-24T16": lambda event: event.time_ns // HOUR_NS == START_NS // HOUR_NS,
}
EVENTS = st.builds(
    Event,
    st.integers(0, 3).map(lambda hour: START_NS + hour * HOUR_NS + hour),
    st.sampled_from(["app", "web", "d'or"]),
    st.sampled_from(["word", "it's", "x1"]),
    st.sampled_from(["1", "4", "5", "9", "big", "12x"]),
)
WINDOWS = st.sampled_from(
    [EVERYTHING, TimeSpan(START_NS, START_NS + HOUR_NS), TimeSpan(None, START_NS + 2 * HOUR_NS), TimeSpan(START_NS + 1)]
)
STEPS = st.one_of(
    st.tuples(st.just("send"), st.lists(EVENTS, min_size=1, max_size=12)),
    st.tuples(st.just("delete"), st.tuples(st.sampled_from([*SEARCHES]), WINDOWS, st.booleans())),
    st.tuples(st.just("undelete"), st.integers(0, 3)),
    st.tuples(st.just("seal"), st.none()),
    st.tuples(st.just("upkeep"), st.none()),
    st.tuples(st.just("later"), st.none()),
)


class House:
    """A store with its engine and its chores, beside a list of the events that should be found."""

    def __init__(self, path: str, finder: EngineRowFinder) -> None:
        self.clock = ManualClock()
        self.store = Store.open(PosixDirectory(path), LINES, SETTINGS, self.clock, finder)
        # The test does the chores; the thread would do them whenever it likes.
        self.store._machinery.upkeep.close()
        self.engine = Engine(self.store, Limits(threads=1), self.clock)
        self.finder = finder
        self.events: list[tuple[int, Event]] = []
        self.deleted: dict[int, set[int]] = {}
        self.erased: set[int] = set()

    def send(self, events: list[Event]) -> None:
        """Stores events."""
        payload = "".join(f"{one.time_ns} {one.tag} {one.message} {one.size}\n" for one in events).encode()
        first = self.store.submit(chunk(payload, settings=self.store.decode_settings)).result(20)
        self.events += [(first + place, event) for place, event in enumerate(events)]

    def delete(self, wanted: tuple[str, TimeSpan, bool]) -> None:
        """Deletes events."""
        search, window, at_once = wanted
        text = lasting(search, self.clock.now_ns())
        made = self.store.delete(DeletionOrder(text, window, "a test", at_once))
        self.deleted[made.number] = {
            seq
            for seq, event in self.events
            if SEARCHES[search](event) and window.overlaps(event.time_ns, event.time_ns)
        }

    def undelete(self, place: int) -> None:
        """Undoes an active deletion, if there is one. What is gone from the files stays away."""
        with self.store.snapshot() as snapshot:
            active = snapshot.deletions
        if active:
            number = active[place % len(active)].number
            self.store.undelete(number)
            self.deleted.pop(number)

    def upkeep(self, _: None = None) -> None:
        """Does what is due."""
        before = {seq for rows in self.deleted.values() for seq in rows}
        self.store._machinery.upkeep.work_off(100)
        with self.store.snapshot() as snapshot:
            there = set(Everything(snapshot).seqs())
        gone = {seq for seq, _ in self.events} - there - self.erased
        assert gone <= before, "only what is deleted goes from the files"
        self.erased |= gone

    def check(self) -> None:
        """Each way to ask finds what should be there."""
        hidden = self.erased.union(*self.deleted.values())
        left = [(seq, event) for seq, event in self.events if seq not in hidden]
        newest = [seq for seq, event in sorted(left, key=lambda each: (-each[1].time_ns, -each[0]))]
        assert self.seqs("* | fields _seq") == newest
        assert self.seqs("* | fields _seq", limit=3) == newest[:3]
        assert self.rows("* | count") == [{"count": len(left)}]
        big = [seq for seq in newest if dict(left)[seq].size == "big"]
        assert self.seqs("size:big | fields _seq") == big
        per_tag = sorted({event.tag for _, event in left})
        assert [row["tag"] for row in self.rows("* | count by tag | sort tag")] == per_tag
        middle = self.events[len(self.events) // 2][0] if self.events else 0
        tail = Request("* | fields _seq", after_seq=middle)
        with self.engine.query(tail) as answer:
            assert answer.table().column(0).to_pylist() == [seq for seq in newest if seq > middle]
        nowhere = Request("*", TimeSpan(START_NS - 2, START_NS - 1))
        with self.engine.query(nowhere) as answer:
            assert answer.table().num_rows == 0
            assert answer.facts().outside.events == len(left)
        within = self.rows('* | where tag == "app" | stats count() as n, max(_seq) as top')
        app = [seq for seq, event in left if event.tag == "app"]
        assert within == [{"n": len(app), "top": max(app, default=None)}]
        assert self.seqs("_seq:in(size:1 | fields _seq) | fields _seq") == [
            seq for seq in newest if dict(left)[seq].size == "1"
        ]

    def rows(self, text: str) -> list[dict]:
        """The rows of an answer."""
        with self.engine.query(Request(text)) as answer:
            return answer.table().to_pylist()

    def seqs(self, text: str, limit: int = 10_000) -> list[int]:
        """The only column of an answer."""
        with self.engine.query(Request(text, limit=limit)) as answer:
            return answer.table().column(0).to_pylist()

    def close(self) -> None:
        """Ends it."""
        self.engine.close()
        self.store.close()


@dataclass(frozen=True)
class Everything:
    """What the files and batches of a snapshot hold, deleted or not."""

    snapshot: object

    def seqs(self) -> list[int]:
        """All sequence numbers."""
        found = [seq for part in self.snapshot.parts for seq in load_part(part.path, part).table["_seq"].to_pylist()]
        return found + [seq for batch in self.snapshot.head for seq in batch.table["_seq"].to_pylist()]


@contextmanager
def house():
    """A fresh one."""
    with TemporaryDirectory() as path, EngineRowFinder(ManualClock(), None) as finder:
        made = House(f"{path}/data", finder)
        try:
            yield made
        finally:
            made.close()


@settings(max_examples=scaled(8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=2, max_size=12))
def test_queries_equal_the_model_at_every_step(steps):
    """Deletions, undeletions, seals, lookups and rewrites in any order."""
    with house() as made:
        made.send([Event(START_NS, "app", "word", "1"), Event(START_NS + HOUR_NS, "web", "x1", "9")])
        for action, argument in steps:
            if action == "seal":
                made.store.seal()
            elif action == "later":
                made.clock.move(200)
            else:
                getattr(made, action)(argument)
            made.check()
        made.store.seal()
        made.clock.move(200)
        for _ in range(3):
            made.upkeep()
            made.clock.move(40)
        made.check()
        with made.store.snapshot() as snapshot:
            assert snapshot.deletions == ()


def test_a_search_from_outside_is_nothing_but_a_search():
    """Quotes, semicolons, comments and bars of a search reach neither SQL nor the language as anything else."""
    hostile = [
        '"x\'; DROP TABLE h1; --"',
        '"a | count"',
        'tag:"\') OR 1=1 --"',
        'tag:~"[\'|;]"',
        'tag:"$1 {k} %s \\\\"',
        'message:"r1 AS x2"',
    ]
    with house() as made:
        made.send([Event(START_NS, "app", "word", "1")])
        made.store.seal()
        made.send([Event(START_NS, "app", "word", "1")])
        for text in hostile:
            kept = lasting(text, 0)
            assert parse(f"{kept} | fields _seq").search == parse(kept).search
            made.store.delete(DeletionOrder(kept, EVERYTHING, "a test"))
            assert len(made.seqs("* | fields _seq")) == 2
        made.upkeep()
        assert len(made.seqs("* | fields _seq")) == 2


def test_a_search_that_is_not_understood_shows_nothing_that_is_deleted():
    """Queries that would have to test it fail and say which deletion it is; where it is looked up they go on."""
    with house() as made:
        made.send([Event(START_NS, "app", "word", "1"), Event(START_NS, "web", "word", "1")])
        made.store.seal()
        made.store.delete(DeletionOrder("tag:app", EVERYTHING, "a test"))
        made.upkeep()
        made.store.delete(DeletionOrder("tag:app ||| future", EVERYTHING, "another version"))
        with pytest.raises(StorageError, match="deletion 2 is not understood"):
            made.rows("*")
        made.store._machinery.upkeep.work_off(1)
        assert "deletion 2 is not understood" in made.store._machinery.upkeep.counters["deletion lookup"].last_error
        made.store.undelete(2)
        assert made.rows("* | count") == [{"count": 1}]


def test_explain_tells_what_is_left_out():
    """Rows by number, deletions that are tested, and parts of which nothing is left."""
    with house() as made:
        made.send([Event(START_NS, "app", "word", "1"), Event(START_NS, "web", "word", "1")])
        made.store.seal()
        made.store.delete(DeletionOrder("tag:app", EVERYTHING, "a test"))
        assert "deletion 1 is tested in 1 of these" in made.engine.explain(Request("*"))
        made.upkeep()
        assert "deleted rows that are left out: 1" in made.engine.explain(Request("*"))
        made.store.delete(DeletionOrder("*", EVERYTHING, "a test"))
        made.upkeep()
        assert "left out, all of its events are deleted: 1" in made.engine.explain(Request("*"))
        assert json.dumps(made.rows("* | count")) == '[{"count": 0}]'


def test_notices_are_about_the_question_alone():
    """A field that only the search of a deletion names is nothing to tell the asker of."""
    with house() as made:
        made.send([Event(START_NS, "app", "word", "1")])
        made.store.delete(DeletionOrder("no_such_field:1", EVERYTHING, "a test"))
        with made.engine.query(Request("*")) as answer:
            assert answer.table().num_rows == 1
            assert answer.facts().notices == ()
