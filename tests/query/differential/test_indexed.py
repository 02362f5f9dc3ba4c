"""The same answers with word indexes as without, over texts of which each is in few row groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from logstore.clock import SystemClock
from logstore.model.snapshot import Snapshot
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.differential.cases import SwitchedSource
from tests.query.differential.events import NOW_NS, Event
from tests.query.differential.placement import batch_of, indexed_part_of, indexes_anywhere
from tests.query.differential.values import Json, Time

EVENTS, ROWS_PER_GROUP = 300, 10

QUERIES = (
    "order17x",
    "ORDER17X | limit 1",
    "order170 OR order171 | limit 3 | fields message, time",
    '"order42x done"',
    '"order42x undone"',
    "*rder21* | count",
    "*order17x do* | count by host",
    "*der199x don*",
    '~"order1\\d7x d" | sort message | limit 5',
    '~"(?i)ORDER(33|44)X"',
    '~"^order5x\\s"',
    '~"order(7|8)x (done|failed)$"',
    "id:id-77 | limit 1",
    "id:(id-7, id-150, absent)",
    "id:id-7? | count",
    "host:h3 -order17x | stats count(), max(_seq) by host",
    "host:h3 order3* | limit 4",
    "n:44 | limit 2",
    'n:"text 5"',
    'j:"[7]"',
    'message:"order9x done"',
    "message:*order9x*",
    "message:order1?x* | count",
    "id:in(order18x | fields id) | fields message",
    '* | where message == "order18x done" or id in ("id-4")',
    '* | where message ~ "order18x" | limit 2',
    "order17x time:>=2026-11-22T10:00Z | sort -time | limit 2",
    "absent",
    "absent OR id:absent | limit 3",
    "-order17x | count",
    'rare:"r 250x" | limit 1',
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Three indexed parts of other columns each, and a batch; a field is in `_more` in one of them."""
    folder, rng = tmp_path_factory.mktemp("indexed"), Random(5)
    pieces = [[_event(number) for number in range(first, first + 100)] for first in range(0, EVENTS, 100)]
    batches = [batch_of(piece, frozenset({"rare"} if place == 1 else ())) for place, piece in enumerate(pieces)]
    parts = [
        indexed_part_of([batch], folder / f"{place}.parquet", ROWS_PER_GROUP, rng)
        for place, batch in enumerate(batches)
    ]
    head = batch_of([_event(number) for number in range(EVENTS, EVENTS + 30)])
    return Snapshot(EVENTS + 30, tuple(parts), (head,))


def _event(number: int) -> Event:
    event: Event = {
        "time": Time(NOW_NS - (EVENTS - number) * 10**9),
        "_seq": number,
        "tag": f"t{number // 40}",
        "message": f"order{number}x {'done' if number % 3 else 'failed'}",
        "id": f"id-{number}",
        "host": f"h{number // 25}",
        "n": number if number % 2 else f"text {number % 10}",
        "j": Json(f"[{number % 60}]"),
    }
    return event if number < EVENTS // 3 else {**event, "rare": f"r {number}x"}


@pytest.fixture(scope="module")
def engines(snapshot: Snapshot) -> Iterator[tuple[Engine, Engine]]:
    """One that asks indexes, and one that does not."""
    source = SwitchedSource(snapshot)
    both = (
        Engine(source, Limits(threads=1), SystemClock(), indexes_anywhere()),
        Engine(source, Limits(threads=1), SystemClock()),
    )
    yield both
    for engine in both:
        engine.close()


@pytest.mark.parametrize("text", QUERIES)
def test_indexes_change_no_answer(text: str, engines: tuple[Engine, Engine]):
    """Whatever is asked for, with the limits and orders that the database treats in ways of their own."""
    answers = []
    for engine in engines:
        with engine.query(Request(text, now_ns=NOW_NS)) as answer:
            table, facts = answer.table(), answer.facts()
            # Each engine has ids of its own for snapshots.
            plain = replace(facts, elapsed_ns=0, scanned_parts=0, scanned_rows=0, scanned_bytes=0, snapshot="")
            answers.append((table, plain))
    assert answers[0] == answers[1]


def test_values_of_another_query_prune_too(engines: tuple[Engine, Engine]):
    """They are found first, and looked for where the index says that they may be."""
    text = "id:in(order17x OR order99x | fields id) | fields message"
    with engines[0].query(Request(text, now_ns=NOW_NS)) as answer:
        assert answer.table().num_rows == 2
        assert (answer.facts().scanned_parts, answer.facts().scanned_rows) == (4, 4 * ROWS_PER_GROUP + 2 * 30)
    said = engines[0].explain(Request(text, now_ns=NOW_NS))
    assert "id is one of 2 values" in said
    assert "values found: 2" in said
    assert "28 row groups left out by the word index" in said


def test_indexes_leave_out_most(engines: tuple[Engine, Engine]):
    """A word of one event is looked for in one row group, and in what is not indexed."""
    with engines[0].query(Request("order17x", now_ns=NOW_NS)) as answer:
        assert answer.table().num_rows == 1
        facts = answer.facts()
        assert (facts.scanned_parts, facts.scanned_rows) == (2, ROWS_PER_GROUP + 30)
    with engines[1].query(Request("order17x", now_ns=NOW_NS)) as answer:
        answer.table()
        # A row group of thirty, and what is not indexed.
        assert 0 < facts.scanned_bytes < answer.facts().scanned_bytes / 10
    said = engines[0].explain(Request("order17x", now_ns=NOW_NS))
    assert "left out, the word index rules it out: 2" in said
    assert "29 row groups left out by the word index" in said
    assert "file_row_number BETWEEN" in said
