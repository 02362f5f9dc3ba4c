"""Whole questions, answered to see what they take."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from logstore.clock import SystemClock
from logstore.errors import LimitExceededError, QueryCancelledError, QueryError
from logstore.model.merge import batch_from_table
from logstore.model.schema import ARROW_TYPES, FIXED_COLUMNS, Kind
from logstore.model.timespan import NS_PER_HOUR, TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.plan.slices import SEARCH
from query.taking import take
from tests.query.sql.laid_down import NOW_NS, Held, batch, in_memory, part, read

PARTS, ROWS = 5, 1000
MOST_FILES = 2
ENDLESS = "* | fields s | join (* | fields s) on s | join (* | fields s) on s | count"
"""Ten thousand million rows to count."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """Five parts, of an hour each, and one event in memory."""
    directory: Path = tmp_path_factory.mktemp("parts")
    parts = [part(directory / f"{n}.parquet", batch([_event(n, k) for k in range(ROWS)])) for n in range(PARTS)]
    return in_memory(batch([{"time": NOW_NS + 9 * NS_PER_HOUR, "_seq": 99_999, "n": 9}]), parts=parts)


def _event(n: int, k: int) -> dict[str, object]:
    return {"time": NOW_NS + n * NS_PER_HOUR + k, "_seq": n * ROWS + k + 1, "n": n, "k": k, "s": f"at place {k % 3}"}


@contextmanager
def engine_of(source: Held, limits: Limits | None = None) -> Iterator[Engine]:
    """An engine whose statements read few files."""
    engine = Engine(source, limits or Limits(threads=1, statement_files=MOST_FILES), SystemClock())
    try:
        yield engine
    finally:
        engine.close()


def lines_of(engine: Engine, text: str, limit: int | None = None) -> dict[str, list[str]]:
    """The lines of each section; of those with the same name the last."""
    told = engine.analyze(Request(text, limit=limit, now_ns=NOW_NS))
    found = [section.splitlines() for section in told.split("\n\n")]
    return {lines[0]: [line.strip() for line in lines[1:]] for lines in found}


def test_it_explains_and_tells_what_was_done(source: Held) -> None:
    """The explanation of the same question stands before it, word for word."""
    request = Request("n:>1 | stats sum(k) by n", now_ns=NOW_NS)
    with engine_of(source) as engine:
        explained, analyzed = engine.explain(request), engine.analyze(request)
    assert analyzed.startswith(explained.rstrip("\n") + "\n\nrun\n  4 rows, thrown away, in ")


@pytest.mark.parametrize(
    "text", ["*", "n:3 | stats sum(k) by n", "* | limit 5", "k:in(n:3 k:<5 | fields k) | count", "* | patterns s"]
)
def test_it_finds_as_many_rows_as_the_query(source: Held, text: str) -> None:
    """It is the same query."""
    with engine_of(source) as engine:
        rows = len(read(engine, text).rows)
        assert re.match(rf"{rows:,} rows?, thrown away", lines_of(engine, text)["run"][0])


def test_statements_that_gather_are_told_one_by_one(source: Held) -> None:
    """A table is made, each portion of the files fills it, and the answer is made of it."""
    with engine_of(source) as engine:
        statements = lines_of(engine, "* | stats sum(k) by n")["statements"]
    assert [line.split(":")[0] for line in statements] == [*["gathering"] * 4, "rows", "5 statements in all"]
    assert [re.findall(r"in (\d) files?", line) for line in statements[:5]] == [[], ["2"], ["2"], ["1"], []]
    assert "1 row in 1 table in memory" in statements[3]


def test_a_limit_that_is_reached_early_is_told(source: Held) -> None:
    """Only the newest slice was asked, and only its files were begun."""
    with engine_of(source) as engine:
        told = lines_of(engine, 's:~"." OR -s:* | limit 5')
        assert "enough after 1 of 3 slices of time, newest first" in told["run"]
        assert told["was read"][0] == "2 of 5 parts begun"
        assert not any("enough after" in line for line in lines_of(engine, "k:1 | limit 100")["run"])


def test_slices_are_told_where_the_first_rows_are_found_before_they_are_read(tmp_path: Path) -> None:
    """Of many rows it is asked first where the newest are, slice by slice."""
    rows = SEARCH.first_rows
    numbers = np.arange(2 * rows, dtype=np.int64)
    times = pa.array(NOW_NS + numbers).cast(ARROW_TYPES[Kind.TIME])
    text = pa.array(["app"]).take(pa.array(numbers * 0))
    table = pa.table([times, pa.array(numbers + 1), text, text, text], names=[each.name for each in FIXED_COLUMNS])
    halves = [batch_from_table(table.slice(start, rows), FIXED_COLUMNS) for start in (0, rows)]
    source = in_memory(parts=[part(tmp_path / f"{place}.parquet", half, rows) for place, half in enumerate(halves)])
    with engine_of(source) as engine:
        told = lines_of(engine, 'tag:~"app"', limit=7)
        taken = lines_of(engine, "tag:app", limit=7)
    assert told["run"][1:] == [
        "cut at the limit of 7 rows: there are more",
        "enough after 1 of 2 slices of time, newest first",
    ]
    assert [line.split(",")[0] for line in told["statements"][:2]] == ["finding the first rows: 8 rows", "rows: 8 rows"]
    assert taken["run"][1:] == told["run"][1:2]


def test_rows_that_are_taken_one_by_one_are_told(source: Held) -> None:
    """Of which files, and how many row groups of them were looked into."""
    with engine_of(source) as engine:
        told = lines_of(engine, "* | limit 5")
    assert told["was read"][0] == "1 of 5 parts begun"
    (first, in_all) = told["statements"]
    assert re.match(r"rows: 5 rows, [0-9.,]+ ms, 1 of \d+ row groups? in 1 file, ", first)
    assert in_all.startswith("1 statement in all: ")


def test_rows_that_are_looked_for_in_vain_are_told(source: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """What that read and took, before the statements that found them."""
    monkeypatch.setattr(take, "MOST_LOOKED_AT", ROWS + 1)
    with engine_of(source) as engine:
        told = lines_of(engine, "k:0", limit=9)
    first, *others = told["statements"]
    assert re.match(r"rows, looked for in vain: 0 rows, [0-9.,]+ ms, 1 of 1 row group in 1 file, ", first)
    assert not any("in vain" in line for line in others)
    assert others[-1].startswith(f"{len(others)} statements in all: {PARTS} rows, ")
    assert told["was read"][0] == "5 of 5 parts begun"


def test_what_is_cut_is_told(source: Held) -> None:
    """By the limit beside the query."""
    with engine_of(source) as engine:
        assert "cut at the limit of 3 rows: there are more" in lines_of(engine, "*", limit=3)["run"]
        assert len(lines_of(engine, "* | count", limit=3)["run"]) == 1


def test_first_steps_are_told(source: Held) -> None:
    """What they found, and what that took."""
    with engine_of(source, Limits(threads=1)) as engine:
        told = lines_of(engine, "k:in(n:3 k:<5 | fields k) | count")
    assert told["first"][0].endswith("values found: 5")
    assert told["statements"][0].startswith("first step: 5 rows, ")


def test_what_could_not_be_computed_is_told(source: Held) -> None:
    """With the statement that counts it; groups count it themselves."""
    with engine_of(source, Limits(threads=1)) as engine:
        told = lines_of(engine, "n:3 | let a = k / 0 | sort a | fields a")
        grouped = lines_of(engine, "n:3 | let a = k / 0 | stats sum(a)")
    for lines in (told, grouped):
        assert f"values that could not be computed: {ROWS:,}" in lines["run"]
    assert any(line.startswith("counting what could not be computed: 1 row, ") for line in told["statements"])
    assert not any(line.startswith("counting") for line in grouped["statements"])


def test_an_empty_answer_tells_of_the_look_outside(source: Held) -> None:
    """What the query does to say where the events are, it does here too."""
    with engine_of(source, Limits(threads=1)) as engine:
        window = TimeSpan(NOW_NS - NS_PER_HOUR, NOW_NS)
        told = engine.analyze(Request("n:3", window, now_ns=NOW_NS))
    assert f"matching events outside the time window: {ROWS:,}" in told
    assert "looking outside the time window: 1 row, " in told


def test_a_mistake_is_told_as_ever(source: Held) -> None:
    """With its place."""
    with engine_of(source) as engine, pytest.raises(QueryError, match="unknown stage cuont"):
        engine.analyze(Request("* | cuont"))


def test_whoever_leaves_ends_it(source: Held) -> None:
    """Before anything is read, and the place to run is free again."""
    with engine_of(source, Limits(threads=1, max_running=1, wait_s=0.1)) as engine:

        def leave(cancel: Callable[[], None]) -> None:
            cancel()

        for text in ("*", "k:in(n:3 | fields k)"):
            with pytest.raises(QueryCancelledError):
                engine.analyze(Request(text, now_ns=NOW_NS), leave)
        assert lines_of(engine, "* | count")["run"][0].startswith("1 row, ")


def test_whoever_leaves_ends_a_statement_that_runs(source: Held) -> None:
    """In the middle of joining all rows with all rows; what was interrupted leaves the place to the next."""
    timers: list[threading.Timer] = []

    def leave_soon(cancel: Callable[[], None]) -> None:
        timers.append(threading.Timer(0.2, cancel))
        timers[0].start()

    with engine_of(source, Limits(threads=1, max_running=1, wait_s=0.1)) as engine:
        with pytest.raises(QueryCancelledError):
            engine.analyze(Request(ENDLESS, now_ns=NOW_NS), leave_soon)
        assert lines_of(engine, "* | count")["run"][0].startswith("1 row, ")
    timers[0].join()


def test_its_time_is_limited(source: Held) -> None:
    """By the same limit as the query's."""
    with engine_of(source, Limits(threads=1, time_s=0.0)) as engine, pytest.raises(LimitExceededError, match="longer"):
        engine.analyze(Request("* | patterns s", now_ns=NOW_NS))
