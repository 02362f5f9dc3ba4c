"""Parts that cannot be read: left out, and told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from logstore.clock import SystemClock
from logstore.model.row_set import pack
from logstore.model.snapshot import DeletedRows, Deletion
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.sql.laid_down import NOW_NS, Held, batch, in_memory, part

SECOND = 10**9


@pytest.fixture
def source(tmp_path) -> Held:
    """Three parts, of a second each, with a field each of their own."""
    parts = [
        part(tmp_path / f"{n}.parquet", batch([{"time": NOW_NS + n * SECOND, "_seq": n + 1, "n": n, f"own{n}": n}]))
        for n in range(3)
    ]
    return in_memory(parts=parts)


def ask(source: Held, text: str, **request):
    """Rows and facts."""
    engine = Engine(source, Limits(), SystemClock())
    try:
        with engine.query(Request(text, now_ns=NOW_NS, **request)) as answer:
            return answer.table().to_pylist(), answer.facts()
    finally:
        engine.close()
        assert source.taken == source.released


def test_a_damaged_part_is_left_out_of_everything(source):
    """Rows, groups and empty answers are of what can be read, and each tells what it lacks."""
    bad = source.held.parts[1]
    source.damaged = {bad.path}
    rows, facts = ask(source, "* | fields n")
    assert sorted(row["n"] for row in rows) == [0, 2]
    lacking = facts.lacking
    assert (lacking.parts, lacking.rows, lacking.time_min_ns, lacking.time_max_ns) == (
        1, 1, NOW_NS + SECOND, NOW_NS + SECOND,
    )  # fmt: skip
    rows, facts = ask(source, "* | count")
    assert rows == [{"count": 2}]
    assert facts.lacking is not None
    rows, facts = ask(source, "n:1")
    assert rows == []
    assert facts.lacking is not None


def test_what_is_known_to_be_unfit_is_told_too(source):
    """The store has taken it out before the query began."""
    bad, *good = source.held.parts
    source.held = replace(source.held, parts=tuple(good), unfit=(bad,))
    rows, facts = ask(source, "* | count")
    assert rows == [{"count": 2}]
    assert facts.lacking.rows == 1


def test_an_answer_that_does_not_need_it_is_whole(source):
    """By its window, its fields, or because the newest rows are enough."""
    bad, *good = source.held.parts
    source.damaged = {bad.path}
    window = TimeSpan(NOW_NS + SECOND, None)
    assert ask(source, "*", window=window)[1].lacking is None
    assert ask(source, "own2:2")[1].lacking is None
    source.held = replace(source.held, parts=tuple(good), unfit=(bad,))
    assert ask(source, "*", window=window)[1].lacking is None
    assert ask(source, "own2:2")[1].lacking is None
    assert ask(source, "own0:0")[1].lacking is not None


def test_subqueries_leave_it_out_too(source):
    """A part is read for each scan of a query, and checked for each."""
    source.damaged = {source.held.parts[1].path}
    rows, facts = ask(source, "n:in(* | fields n) | fields n")
    assert sorted(row["n"] for row in rows) == [0, 2]
    assert facts.lacking.parts == 1


def test_the_columns_are_those_that_the_part_would_have_led_to(source):
    """An answer has the same shape whether or not a part turns out to be damaged."""
    whole = ask(source, "*")[0]
    source.damaged = {part.path for part in source.held.parts}
    engine = Engine(source, Limits(), SystemClock())
    with engine.query(Request("*", now_ns=NOW_NS)) as answer:
        assert {"own0", "own1", "own2"} <= {column.field for column in answer.columns}
        assert answer.table().num_rows == 0
        assert answer.is_partial
    engine.close()
    assert len(whole) == 3


def test_only_what_a_query_needs_is_asked_about(source, monkeypatch):
    """Columns that it does not name, and row groups outside of its window, need not be sound."""
    asked = []
    monkeypatch.setattr(Held, "unfit", lambda _, reads: asked.extend(reads) or ())
    ask(source, "own1:1 | count", window=TimeSpan(NOW_NS, None))
    assert {frozenset(read.columns) for read in asked} == {frozenset({"time", "_seq", "own1"})}
    assert {Path(read.part.path).stem for read in asked} == {"1"}
    assert {read.row_groups for read in asked} == {(0,)}


def test_an_unfit_part_of_which_all_is_deleted_is_not_missed(source):
    """Whether it could be read or not, no answer has its rows."""
    bad, *good = source.held.parts
    deletion = Deletion(1, "*", EVERYTHING, 100, NOW_NS)
    bad = replace(bad, deleted=(DeletedRows(1, bad.rows, pack(np.arange(bad.rows, dtype=np.int64))),))
    source.held = replace(source.held, parts=tuple(good), unfit=(bad,), deletions=(deletion,))
    assert ask(source, "* | count")[1].lacking is None
    source.held = replace(source.held, deletions=())
    assert ask(source, "* | count")[1].lacking.rows == 1
