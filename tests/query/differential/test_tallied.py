"""The same answers with tallies as without, whatever is counted, and whatever must not be counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from logstore.clock import SystemClock
from logstore.model.snapshot import Deletion, Snapshot
from logstore.model.tally import BIN_NS
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.differential.cases import SwitchedSource
from tests.query.differential.events import NOW_NS, Event
from tests.query.differential.placement import batch_of, indexed_part_of, indexes_anywhere, part_of
from tests.query.differential.values import Json, Time
from tests.scale import scaled

FIRST_NS = NOW_NS // BIN_NS * BIN_NS - 20 * BIN_NS

COUNTED = (
    "* | count",
    "* | count by level",
    "* | count by tag",
    "* | count by bin(10s), tag, level",
    "* | stats count() as n, rate() as r by bin(1m)",
    "tag:t1 | count by bin(10s)",
    "tag:(t1, t2) level:>=warn | count by level",
    "tag:t? -level:error | count by bin(30s), tag",
    "-level:* | count by tag",
    "tag:nothing | count by bin(10s)",
    "* | top 3 f",
    "* | rare 2 f",
    "* | top f | where count > 2",
    "* | count by f",
    'f:"" | count',
    "f:x* | count by f",
    "f:7 | count",
    "f:>3 | count by f",
    "-f:* | count",
    "f:* | top f",
    "* | top level",
    "* | top 2 tag",
    "* | count by rare",
    "* | top k",
    "* | count by absent",
)
READ = (
    "* | count by bin(7s)",
    "* | count by f, tag",
    "f:7 | count by tag",
    "* | stats count(f)",
    "* | stats count() by bin(10s), f",
    '* | let f = "a" | count by f',
    "* | count by upper(tag)",
    "* | stats sum(k) by tag",
    "message:m1 | count",
)


def any_event(rng: Random, seq: int) -> Event:
    """An event with fields of several kinds, missing ones and empty ones."""
    f = rng.choice((None, "", "x1", "x2", 7, 8, True, False, Json("[1]"), Json("{}"), "7"))
    event: Event = {
        "time": Time(FIRST_NS + rng.randrange(20 * BIN_NS)),
        "_seq": seq,
        "tag": rng.choice(("t1", "t2", "u")),
        "message": f"m{seq}",
    }
    optional = {"level": rng.choice((None, "info", "warn", "error")), "f": f, "k": rng.randrange(3)}
    if rng.random() < 0.02:
        optional["f"] = 1.5
    if rng.random() < 0.3:
        optional["rare"] = rng.choice(("r", 1))
    return event | {name: value for name, value in optional.items() if value is not None}


def a_snapshot(rng: Random, folder: Path) -> Snapshot:
    """Parts with tallies and without, fields in columns and in `_more`, events in memory, perhaps deletions."""
    parts, seq = [], 0
    for place in range(4):
        events = [any_event(rng, seq + number) for number in range(40)]
        seq += len(events)
        more = frozenset(name for name in ("rare", "f") if rng.random() < 0.2)
        made = [batch_of(events, more)]
        path = folder / f"{place}.parquet"
        parts.append(part_of(made, path, 11) if rng.random() < 0.2 else indexed_part_of(made, path, 11, rng))
    head = batch_of([any_event(rng, seq + number) for number in range(10)])
    searches = rng.sample(("tag:u level:error", "k:1", "f:x1", "nothing:1"), rng.randrange(3))
    window = TimeSpan(FIRST_NS, FIRST_NS + 5 * BIN_NS) if rng.random() < 0.5 else EVERYTHING
    deletions = tuple(
        Deletion(number, search, window, rng.choice((30, 100, seq)), NOW_NS) for number, search in enumerate(searches)
    )
    return Snapshot(rng.choice((seq + 10, seq - 20)), tuple(parts), (head,), deletions)


def any_window(rng: Random) -> TimeSpan:
    """All times, or some that begin or end between bins or within them."""
    if rng.random() < 0.4:
        return EVERYTHING
    start, end = sorted(rng.randrange(-2, 23) * BIN_NS for _ in range(2))
    if rng.random() < 0.4:
        end += rng.randrange(BIN_NS)
    return TimeSpan(FIRST_NS + start, rng.choice((None, FIRST_NS + end + BIN_NS)))


@pytest.fixture(scope="module")
def source() -> SwitchedSource:
    """What both engines ask."""
    return SwitchedSource()


@pytest.fixture(scope="module")
def engines(source: SwitchedSource) -> Iterator[tuple[Engine, ...]]:
    """Ones that ask tallies, the second of which reads a file at a time, and one that asks nothing but files."""
    indexes, limits = indexes_anywhere(), Limits(threads=1)
    made = (
        Engine(source, limits, SystemClock(), indexes),
        Engine(source, replace(limits, statement_files=1), SystemClock(), indexes),
        Engine(source, limits, SystemClock()),
    )
    yield made
    for engine in made:
        engine.close()


def answered(engine: Engine, request: Request) -> tuple[object, ...]:
    """What must be the same."""
    with engine.query(request) as answer:
        table, facts = answer.table(), answer.facts()
        return table.schema, table.to_pydict(), facts.rows, facts.cut, facts.could_not_compute, facts.notices


@pytest.mark.parametrize("seed", range(scaled(4)))
def test_tallies_change_no_answer(seed: int, source: SwitchedSource, engines: tuple[Engine, ...], tmp_path: Path):
    """Over parts of all sorts, cut by windows and sequence numbers, and with deletions."""
    rng = Random(f"tallies {seed}")
    source.held = a_snapshot(rng, tmp_path)
    for text in (*COUNTED, *rng.sample(READ, 4)):
        request = Request(text, any_window(rng), now_ns=NOW_NS)
        found = [answered(engine, request) for engine in engines]
        assert found[0] == found[2], (text, request.window)
        assert found[1] == found[2], (text, request.window)


def a_tallied(folder: Path) -> Snapshot:
    """Two parts with tallies, and nothing that must be read."""
    rng = Random(1)
    pieces = [[any_event(rng, first + number) for number in range(40)] for first in (0, 40)]
    for event in (event for piece in pieces for event in piece if event.get("f") == 1.5):
        event["f"] = "x1"
    parts = [indexed_part_of([batch_of(piece)], folder / f"{n}.parquet", 11, rng) for n, piece in enumerate(pieces)]
    return Snapshot(99, tuple(parts))


@pytest.mark.parametrize("text", COUNTED)
def test_what_tallies_tell_is_not_read(text: str, source: SwitchedSource, engines: tuple[Engine, ...], tmp_path: Path):
    """And the explanation says what is known, and from what."""
    source.held = a_tallied(tmp_path)
    said = engines[0].explain(Request(text, now_ns=NOW_NS))
    assert "known without reading, from " in said or "other tags: 2" in said
    assert "read_parquet" not in said


@pytest.mark.parametrize("text", READ)
def test_what_they_do_not_tell_is_read(text: str, source: SwitchedSource, engines: tuple[Engine, ...], tmp_path: Path):
    """Files are scanned as ever."""
    source.held = a_tallied(tmp_path)
    said = engines[0].explain(Request(text, now_ns=NOW_NS))
    assert "known without reading" not in said
    assert "read_parquet" in said


def test_parts_cut_between_bins_are_known_and_others_are_read(
    source: SwitchedSource, engines: tuple[Engine, ...], tmp_path: Path
):
    """A window within a bin cuts what a tally counts as one."""
    source.held = a_tallied(tmp_path)
    for cut_ns, reads in ((5 * BIN_NS, False), (5 * BIN_NS + 1, True)):
        window = TimeSpan(FIRST_NS + cut_ns, FIRST_NS + 15 * BIN_NS)
        said = engines[0].explain(Request("* | count by level", window, now_ns=NOW_NS))
        assert ("read_parquet" in said) == reads
        assert ("known without reading" in said) != reads
