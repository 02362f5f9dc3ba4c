"""Answers of many files, in statements that read few of them each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from logstore.clock import SystemClock
from logstore.model.merge import batch_from_table
from logstore.model.schema import ARROW_TYPES, FIXED_COLUMNS, Column, Kind
from logstore.model.snapshot import Deletion
from logstore.model.timespan import EVERYTHING, NS_PER_HOUR, TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.lang.parse import parse
from query.plan.lower import lower
from query.plan.portions import NOTHING
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.plan.slices import SEARCH
from query.results.facts import Outside
from query.sql.compile import WHOLE, compile_plan
from query.work import Question
from tests.query.sql.laid_down import NOW_NS, Asked, Held, batch, engine_of, in_memory, part, read

MOST_FILES = 2


@dataclass(slots=True)
class Counting(Held):
    """Tells how many files each statement reads."""

    files: list[int] = field(default_factory=list)

    def reading(self, parts, check):
        """All of them are here."""
        del check
        self.files.append(len(parts))
        return nullcontext({})


@pytest.fixture
def source(tmp_path: Path) -> Counting:
    """Five parts, of an hour each, and one event in memory."""
    parts = [part(tmp_path / f"{n}.parquet", batch([_event(n, k) for k in range(4)])) for n in range(5)]
    head = batch([{"time": NOW_NS + 9 * NS_PER_HOUR, "_seq": 99, "n": 9, "tag": "web"}])
    return Counting(in_memory(head, parts=parts).held)


def _event(n: int, k: int) -> dict:
    tag = "app" if n < 3 else f"t{k % 2}"
    return {"time": NOW_NS + n * NS_PER_HOUR + k, "_seq": n * 10 + k + 1, "tag": tag, "n": n, "k": k, f"s{n % 2}": "a"}


@contextmanager
def in_portions(source: Counting) -> Iterator[Engine]:
    """An engine whose statements read few files."""
    engine = Engine(source, Limits(threads=1, statement_files=MOST_FILES), SystemClock())
    source.files.clear()
    try:
        yield engine
    finally:
        engine.close()


def answered(source: Counting, text: str, **request) -> Asked:
    """The answer of several statements, which must be that of one of the same snapshot."""
    held = source.held
    with engine_of(source) as engine:
        whole = read(engine, text, **request)
    source.held = held
    with in_portions(source) as engine:
        found = read(engine, text, **request)
    assert (found.rows, found.columns) == (whole.rows, whole.columns)
    # An id of a snapshot is of one process and instant.
    assert replace(found.facts, elapsed_ns=0, snapshot="") == replace(whole.facts, elapsed_ns=0, snapshot="")
    assert max(source.files) <= MOST_FILES
    return found


QUESTIONS = (
    "k:>0 | count",
    "* | stats count(k), countif(k > 1), sum(k), avg(k), min(n), max(s0) by tag",
    "* | stats first(k), last(n), distinct(k), values(s1), p50(k), stddev(k)",
    "* | stats rate() by bin(2h)",
    "nothing:1 | stats count(), distinct(k), sum(k)",
    "* | stats count() by absent",
    "* | top k",
    "* | rare tag | where count > 1",
    "* | sort -k, n | limit 3",
    "* | sort k | fields n | limit 9",
    "* | let bad = number(s0) | fields n, bad",
    "* | let bad = number(s0) | limit 2",
    "* | limit 7 | stats sum(k)",
    "* | dedup k | stats count() by n",
    "* | dedup tag keep newest | sort tag",
    "* | let bad = number(s0) | stats sum(bad)",
    '* | stats sum(k) as sum by n | let bad = number(text(sum) + "x") | sort n',
)


@pytest.mark.parametrize("text", QUESTIONS)
def test_no_statement_reads_many_files(source: Counting, text: str) -> None:
    """Whatever is asked, and the answer with all of its facts is that of a single statement."""
    answered(source, text)
    assert source.files


def test_an_empty_answer_is_explained_in_portions_too(source: Counting) -> None:
    """What lies outside of the window is counted a few files at a time."""
    window = TimeSpan(NOW_NS - NS_PER_HOUR, NOW_NS - 1)
    assert answered(source, "k:>0", window=window).facts.outside.events == 15


def test_damage_in_a_portion_is_told(source: Counting) -> None:
    """The rest is combined."""
    source.damaged = {source.held.parts[3].path}
    found = answered(source, "k:>0 | stats sum(n) by tag")
    assert found.rows == [{"tag": "app", "sum_n": 9}, {"tag": "t0", "sum_n": 4}, {"tag": "t1", "sum_n": 8}]
    assert found.facts.lacking.parts == 1


@pytest.mark.parametrize(
    ("text", "files"),
    [("* | count", 0), ("* | stats count() by bin(1h)", 0), ("* | stats rate() as r by bin(1h)", 0),
     ("* | count by tag", 2), ("* | stats count() by bin(1h), tag", 2), ("* | count by n", 5),
     ("* | stats count(n)", 5), ("k:* | count", 5)],
)  # fmt: skip
def test_what_the_catalog_knows_is_not_read(source: Counting, text: str, files: int) -> None:
    """Numbers of rows, by hour where a part lies in one, by tag where it has one."""
    answered(source, text)
    assert sum(source.files) == files


def test_what_is_cut_or_deleted_is_read(source: Counting) -> None:
    """Only of whole parts the catalog knows how many events count."""
    answered(source, "* | count", window=TimeSpan(NOW_NS + 1, None))
    assert sum(source.files) == 1
    deletion = Deletion(1, "k:1", TimeSpan(NOW_NS + 2 * NS_PER_HOUR, NOW_NS + 4 * NS_PER_HOUR), 50, NOW_NS)
    source.held = replace(source.held, deletions=(deletion,))
    assert answered(source, "* | count").rows == [{"count": 19}]
    assert sum(source.files) == 2


def test_a_query_inside_a_query_is_one_statement(source: Counting) -> None:
    """Its rows must be known before the first row outside of it."""
    with in_portions(source) as engine:
        assert read(engine, "k:in(n:3 | fields k) | count").rows == [{"count": 20}]


def test_explain_shows_the_statements(source: Counting) -> None:
    """Those that gather, and what is made of that."""
    with in_portions(source) as engine:
        text = engine.explain(Request("* | stats sum(k)", EVERYTHING))
    assert text.count("CREATE TEMP TABLE gathered") == 1
    assert text.count("INSERT INTO gathered") == 2
    assert "FROM gathered)" in text


def test_the_newest_of_many_rows_are_those_of_all(tmp_path: Path) -> None:
    """Where there are many, it is asked first where the newest are: the same rows as without a limit, in their order.

    Times come many times over, so that `_seq` decides; some rows are deleted, and some are in memory.
    """
    rows = SEARCH.first_rows + 10_000
    numbers = np.arange(rows, dtype=np.int64)
    columns = (*FIXED_COLUMNS, Column("n", "n", Kind.INT))
    times = pa.array(NOW_NS + numbers // 7 * 7919 % 5000, pa.int64()).cast(ARROW_TYPES[Kind.TIME])
    tags = pa.array(["app", "web", "db"]).take(pa.array(numbers % 3))
    table = pa.table(
        [times, pa.array(numbers + 1), tags, tags, pa.nulls(rows, pa.string()), pa.array(numbers % 1000)],
        names=[each.name for each in columns],
    )
    halves = [batch_from_table(table.slice(start, rows // 2), columns) for start in (0, rows // 2)]
    parts = [part(tmp_path / f"{place}.parquet", half, 8192) for place, half in enumerate(halves)]
    head = batch([{"time": NOW_NS + 4990, "_seq": rows + 10, "tag": "web", "n": 3}])
    held = in_memory(head, parts=parts).held
    held = replace(held, deletions=(Deletion(1, "n:5", EVERYTHING, rows, NOW_NS),))
    engine = Engine(Held(held), Limits(threads=1), SystemClock())
    try:
        computed = "tag:web | where n >= 3 | let m = n + 1 | fields m, tag"
        for text in ("*", "tag:web n:<9", 'tag:~"w.b"', computed, "n:nothing", "n:5"):
            with engine.query(Request(text, limit=None, is_export=True)) as answer:
                assert answer.work.lookup is None
                expected = answer.table()
            for request in (Request(text, limit=50), Request(f"{text} | limit 37"), Request(text)):
                with engine.query(request) as answer:
                    assert answer.work.by_statements().lookup is not None or not expected.num_rows
                    found = answer.table()
                    facts = answer.facts()
                assert found.equals(expected.slice(0, found.num_rows))
                wanted = 37 if "limit" in request.text else request.limit or 1000
                assert found.num_rows == min(wanted, expected.num_rows)
                assert facts.cut == ("limit" not in request.text and expected.num_rows > wanted)
    finally:
        engine.close()


def test_what_reads_nothing_runs_nothing() -> None:
    """Rows of a field that nobody has need no statement; groups of no rows do."""
    source = in_memory(batch([{"n": 1}]))
    engine = Engine(source, Limits(threads=1), SystemClock())
    try:
        window = TimeSpan(NOW_NS, NOW_NS + 5)
        with engine.query(Request("no_such_field:x", window)) as answer:
            assert not list(answer._work.statements())
            assert answer.table().num_rows == 0
            assert answer.facts().outside == Outside(0, None)
        with engine.query(Request("no_such_field:x | count", window)) as answer:
            assert answer.table().to_pydict() == {"count": [0]}
    finally:
        engine.close()


@pytest.mark.parametrize("text", ["* | count by n", "n:>1 | stats sum(k) as s, p99(k) by s0", "* | sort -k | limit 3"])
def test_a_statement_alone_is_compiled_once(source: Counting, text: str) -> None:
    """It tells the columns and is run; when a file turns out to be unfit, another is, and the columns stay."""
    plan = optimise(lower(parse(text), NOW_NS, EVERYTHING))
    pruning = Pruning(source.held)
    work = Question(plan, pruning, None, None, is_export=False, most_files=10).work()
    (make,) = work.statements()
    assert make(without=()) is work.whole
    other = make(without={source.held.parts[0].path})
    assert len(other.reads) == len(work.whole.reads) - 1
    shape = compile_plan(plan, pruning, replace(WHOLE, portion=NOTHING))
    assert other.output == work.whole.output == shape.output
    assert work.whole.pruned == shape.pruned
    assert work.whole.notices == shape.notices
    assert (work.whole.failures_sql is None) == (shape.failures_sql is None)


def test_nothing_is_compiled_to_count_what_cannot_be_there(source: Counting) -> None:
    """Where no event outside of the window can match either, no statement asks for them."""
    for text, statements in (("nobody:1", 0), ("n:1", 1)):
        plan = optimise(lower(parse(text), NOW_NS, TimeSpan(None, NOW_NS)))
        census = Question(plan, Pruning(source.held), 10, None, is_export=False, most_files=10).work().census
        assert census is not None
        assert len(list(census())) == statements
