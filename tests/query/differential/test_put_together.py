"""Answers that are put together of what is known are those that statements make of the events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from logstore.clock import SystemClock
from logstore.errors import QueryCancelledError
from logstore.model.snapshot import Deletion, Snapshot
from logstore.model.tally import BIN_NS
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.differential.cases import SwitchedSource
from tests.query.differential.events import NOW_NS, Event
from tests.query.differential.placement import batch_of, indexed_part_of, indexes_anywhere
from tests.query.differential.test_tallied import FIRST_NS, any_event, any_window
from tests.query.differential.values import Time
from tests.scale import scaled

NONE = "-- none: the rows are put together without one"

VOLUME_SEARCHES = (
    "*", "tag:t1", "tag:(t1, u)", "level:error", "level:>=warn", "-level:*", "tag:t1 -level:info", "-tag:t2",
    "tag:none", 'tag:>"t1"', "(tag:t1 OR level:warn)",
)  # fmt: skip
VOLUME_GROUPS = ("tag", "level", "bin(10s)", "bin(1m)", "bin(1d)")
FIELD_SEARCHES = ("*", "f:*", "-f:*", 'f:""', "f:true", "-f:true")


@pytest.fixture(scope="module")
def source() -> SwitchedSource:
    """What is asked."""
    return SwitchedSource()


@pytest.fixture(scope="module")
def engine(source: SwitchedSource) -> Iterator[Engine]:
    """One that asks tallies."""
    made = Engine(source, Limits(threads=1), SystemClock(), indexes_anywhere())
    yield made
    made.close()


def tallied(rng: Random, folder: Path, parts: int, batches: int = 0) -> Snapshot:
    """Parts of which tallies tell everything, and batches in memory."""
    made = [batch_of(some_events(rng, place * 40)) for place in range(parts + batches)]
    indexed = [
        indexed_part_of([batch], folder / f"{place}.parquet", 11, rng) for place, batch in enumerate(made[:parts])
    ]
    return Snapshot((parts + batches) * 40 - rng.choice((0, 5)) * bool(batches), tuple(indexed), tuple(made[parts:]))


def some_events(rng: Random, first: int) -> list[Event]:
    """Events without fields of kinds that nobody counts."""
    events = [any_event(rng, first + number) for number in range(40)]
    for event in events:
        if event.get("f") == 1.5:
            del event["f"]
    return events


def any_question(rng: Random) -> tuple[str, str]:
    """A search, and stages that count what it finds."""
    if rng.random() < 0.4:
        field = rng.choice(("f", "f", "k", "rare", "absent"))
        search = rng.choice(FIELD_SEARCHES) if field == "f" else "*"
        return search, any_stages(rng, [field])
    groups = rng.sample(VOLUME_GROUPS[:2], rng.randrange(3)) + rng.sample(VOLUME_GROUPS[2:], rng.randrange(2))
    rng.shuffle(groups)
    return rng.choice(VOLUME_SEARCHES), any_stages(rng, groups)


def any_stages(rng: Random, groups: list[str]) -> str:
    """Stages that count by these, and perhaps sort, cut and choose."""
    columns = ["time" if group.startswith("bin") else group for group in groups]
    if groups == columns and groups and rng.random() < 0.4:
        stages = [f"{rng.choice(('top', 'rare'))} {rng.choice((1, 2, 3, 100))} {', '.join(groups)}"]
        columns += ["count", "share"]
    else:
        by = f" by {', '.join(groups)}" if groups else ""
        rates = ", rate() as r" if any(group.startswith("bin") for group in groups) else ""
        stages = [f"stats count() as n{rates}{by}"]
        columns += ["n", "r"] if rates else ["n"]
    for _ in range(rng.randrange(4)):
        match rng.randrange(3):
            case 0:
                keys = rng.sample(columns, rng.randrange(1, len(columns) + 1))
                stages.append(f"sort {', '.join(rng.choice(('', '-')) + key for key in keys)}")
            case 1:
                stages.append(f"limit {rng.choice((0, 1, 2, 5, 50))}")
            case 2:
                columns = rng.sample(columns, rng.randrange(1, len(columns) + 1))
                stages.append(f"fields {', '.join(columns)}")
    return " | ".join(stages)


def answered(engine: Engine, request: Request) -> tuple[object, ...]:
    """All that an asker sees, but for how much was read for it."""
    with engine.query(request) as answer:
        table, facts = answer.table(), answer.facts()
        told = facts.rows, facts.cut, facts.could_not_compute, [each.message for each in facts.notices], facts.next
        return answer.columns, table.schema, table.schema.metadata, table.to_pydict(), *told


@pytest.mark.parametrize("seed", range(scaled(6)))
def test_both_ways_lead_to_the_same_rows(seed: int, source: SwitchedSource, engine: Engine, tmp_path: Path) -> None:
    """In the same order, of the same types: one by tallies, the other by a statement that has to read the events."""
    rng = Random(f"put together {seed}")
    source.held = tallied(rng, tmp_path, rng.choice((0, 1, 3)), rng.choice((0, 1, 2)))
    without = 0
    for _ in range(25):
        search, stages = any_question(rng)
        window = any_window(rng) if rng.random() < 0.5 else EVERYTHING
        limit = rng.choice((None, None, 0, 1, 2, 7))
        ways = [
            Request(f"{search} | {stages}", window, limit, now_ns=NOW_NS),
            Request(f'{search} | let unused = "" | {stages}', window, limit, now_ns=NOW_NS),
        ]
        assert NONE not in engine.explain(ways[1])
        without += NONE in engine.explain(ways[0])
        found, expected = (answered(engine, request) for request in ways)
        assert found == expected, ways[0]
    assert without > 15


@pytest.mark.parametrize("stages", [
    "count", "count by level", "top 2 f", "stats count() as n, rate() as r by bin(1m) | sort -n | limit 2 | fields n",
])  # fmt: skip
def test_nothing_runs_for_what_is_known(stages: str, source: SwitchedSource, engine: Engine, tmp_path: Path) -> None:
    """And the explanation says so, before and after."""
    source.held = tallied(Random(1), tmp_path, 2)
    request = Request(f"* | {stages}", now_ns=NOW_NS)
    assert NONE in engine.explain(request)
    said = engine.analyze(request)
    assert NONE in said
    assert "80 events known without reading" in said
    assert "0 statements in all" in said


@pytest.mark.parametrize("text", [
    "* | count by level | where count > 3", "tag:t* | count by level", "* | count by f | let g = f", "f:>7 | count",
])  # fmt: skip
def test_what_only_statements_say_is_left_to_them(
    text: str, source: SwitchedSource, engine: Engine, tmp_path: Path
) -> None:
    """Of what is known they are made all the same."""
    source.held = tallied(Random(1), tmp_path, 2)
    said = engine.explain(Request(text, now_ns=NOW_NS))
    assert NONE not in said
    assert "known without reading" in said
    assert "read_parquet" not in said


def test_what_is_in_memory_is_counted_too_unless_there_is_more_to_it(
    source: SwitchedSource, engine: Engine, tmp_path: Path
) -> None:
    """Events that a deletion may cover are looked at by a statement, and so are values of other kinds."""
    held = tallied(Random(1), tmp_path, 1, 1)
    odd = batch_of([{"time": Time(FIRST_NS), "_seq": 81, "tag": "t1", "message": "m", "f": 1.5}])
    deletion = Deletion(1, "tag:t1", EVERYTHING, 50, NOW_NS)
    for snapshot, text, without in (
        (held, "* | count by level", True),
        (replace(held, deletions=(deletion,)), "* | count by level", False),
        (replace(held, head=(odd,), seq=81), "* | count by level", True),
        (replace(held, head=(odd,), seq=81), "* | count by f", False),
    ):
        source.held = snapshot
        said = engine.explain(Request(text, now_ns=NOW_NS))
        assert (NONE in said) == without
        assert "1 batch in memory" in said


def test_a_place_is_waited_for_and_a_cancelled_question_answers_nothing(
    source: SwitchedSource, engine: Engine, tmp_path: Path
) -> None:
    """As of any other question."""
    source.held = tallied(Random(1), tmp_path, 1)
    with engine.query(Request("* | count", now_ns=NOW_NS)) as answer:
        answer.cancel()
        with pytest.raises(QueryCancelledError):
            answer.table()


def test_a_window_without_events_is_answered_too(source: SwitchedSource, engine: Engine, tmp_path: Path) -> None:
    """One row where nothing is grouped, and else none."""
    source.held = tallied(Random(1), tmp_path, 2)
    window = TimeSpan(FIRST_NS - 5 * BIN_NS, FIRST_NS - BIN_NS)
    for stages, rows in (("count", [0]), ("stats count() as count by level", []), ("top f", [])):
        request = Request(f"* | {stages}", window, now_ns=NOW_NS)
        assert NONE in engine.explain(request)
        with engine.query(request) as answer:
            assert answer.table().column("count").to_pylist() == rows
