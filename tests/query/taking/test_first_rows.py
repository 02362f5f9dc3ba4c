"""The newest rows, taken one by one, are those that statements yield."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logstore.clock import SystemClock
from logstore.model.snapshot import Snapshot
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.differential.cases import SwitchedSource
from tests.query.differential.events import NOW_NS
from tests.query.differential.placement import indexes_anywhere
from tests.query.differential.queries import any_window
from tests.query.sql.laid_down import batch, part
from tests.query.taking.both_ways import the_same, told
from tests.query.taking.laid_out import any_events, any_question, any_snapshot
from tests.scale import scaled

DATASETS = scaled(12)
QUESTIONS = 25
"""Of each dataset; each is asked twice."""

Asking = tuple[Engine, SwitchedSource]


@pytest.fixture(scope="module")
def asking() -> Iterator[Asking]:
    """An engine, and the source that it asks."""
    source = SwitchedSource()
    engine = Engine(source, Limits(threads=1), SystemClock(), indexes_anywhere())
    yield engine, source
    engine.close()


def _any_request(rng: Random, events) -> Request:
    window = any_window(rng)
    limit, after = rng.choice((None, None, 0, 1, 3, 20)), None
    text = any_question(rng, events)
    if events and rng.random() < 0.3 and "limit" not in text:
        event = rng.choice(events)
        after = f"{event['time'].ns}.{event['_seq']}"
    return Request(text, window, limit, NOW_NS, after=after, ids=rng.random() < 0.3)


@pytest.mark.parametrize("seed", range(DATASETS))
def test_taken_rows_are_those_of_statements(seed: int, asking: Asking, tmp_path: Path) -> None:
    """Rows, order, columns and facts, whatever is asked of events that lie anyhow."""
    engine, source = asking
    rng = Random(f"first rows {seed}")
    events = any_events(rng, 60)
    source.held = any_snapshot(events, tmp_path, rng)
    for _ in range(QUESTIONS):
        the_same(engine, _any_request(rng, events))
    assert the_same(engine, Request("*", limit=5)).is_taken == any(event["_seq"] <= source.held.seq for event in events)


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck))
def test_taken_rows_of_small_cases_are_those_of_statements(rng: Random, asking: Asking) -> None:
    """The same again with a generator that makes a failing case small."""
    engine, source = asking
    with TemporaryDirectory() as folder:
        events = any_events(rng, 12)
        source.held = any_snapshot(events, Path(folder), rng)
        for _ in range(3):
            the_same(engine, _any_request(rng, events))


def test_an_export_of_few_rows_is_taken(asking: Asking, tmp_path: Path) -> None:
    """A live tail, and what is exported whole, is not: such rows are not the newest of some."""
    engine, source = asking
    rng = Random(1)
    events = any_events(rng, 200)
    source.held = any_snapshot(events, tmp_path, rng)
    assert the_same(engine, Request("*", limit=3, is_export=True)).is_taken
    assert the_same(engine, Request("* | limit 3", is_export=True)).is_taken
    assert not the_same(engine, Request("*", is_export=True)).is_taken
    assert not the_same(engine, Request("*", after_seq=0)).is_taken
    assert not the_same(engine, Request("*", limit=20_000)).is_taken


def test_pages_go_on_where_the_last_one_ended(asking: Asking, tmp_path: Path) -> None:
    """To the last row, each of them once."""
    engine, source = asking
    rng = Random(2)
    events = any_events(rng, 200)
    source.held = any_snapshot(events, tmp_path, rng)
    whole = told(engine, Request("-level:info | fields time, _seq, message", limit=1000))
    rows, after = [], None
    while True:
        page = the_same(engine, Request("-level:info | fields time, _seq, message", limit=7, after=after))
        assert page.is_taken
        rows += page.rows
        after = page.facts.next
        assert page.facts.cut == (after is not None)
        if after is None:
            break
    assert rows == whole.rows


def test_ids_are_shown_beside_columns_of_events_with_rare_fields(asking: Asking, tmp_path: Path) -> None:
    """They are none of what may be in `_more`."""
    engine, source = asking
    made = batch([{"n": n, "rare": n} for n in range(9)], frozenset({"rare"}))
    source.held = Snapshot(9, (part(tmp_path / "a.parquet", made, 2),))
    assert the_same(engine, Request("n:>3 | fields n", limit=3, ids=True)).is_taken
    assert the_same(engine, Request("n:>3", limit=3, ids=True)).is_taken
    assert not the_same(engine, Request("n:>3 | fields rare", limit=3, ids=True)).is_taken
    assert not the_same(engine, Request("rare:>3", limit=3)).is_taken


@pytest.mark.parametrize(
    "ages",
    [
        pytest.param(list(range(400)), id="evenly"),
        pytest.param([0, 1, *(10_000 + n for n in range(398))], id="nearly all are old"),
        pytest.param([*range(398), 90_000, 95_000], id="nearly all are new"),
        pytest.param([7] * 400, id="all at once"),
        pytest.param([n // 100 * 1000 for n in range(400)], id="in four bursts"),
    ],
)
def test_rows_that_their_time_alone_chooses(ages: list[int], asking: Asking, tmp_path: Path) -> None:
    """However unevenly they are spread over the time of their row group, the newest are found; ties go by number."""
    engine, source = asking
    order = list(range(len(ages)))
    Random("spread").shuffle(order)
    held = batch([{"time": NOW_NS - ages[n], "_seq": place + 1, "n": n} for place, n in enumerate(order)])
    source.held = Snapshot(seq=len(ages), parts=(part(tmp_path / "one.parquet", held),))
    newest = sorted(((-ages[n], place + 1, n) for place, n in enumerate(order)), reverse=True)
    for limit in (1, 2, 5, 30, 99, 100, 399, 400):
        assert the_same(engine, Request("*", limit=limit)).is_taken
        with engine.query(Request("*", limit=limit)) as answer:
            assert answer.table().column("n").to_pylist() == [n for *_, n in newest[:limit]]
