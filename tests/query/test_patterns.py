"""The stage `patterns`, from the question to the rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logstore.clock import SystemClock
from logstore.errors import LimitExceededError, QueryCancelledError, QueryError
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.patterns import mining
from tests.query.patterns import lines
from tests.query.sql.laid_down import NOW_NS, Json, ask, batch, column, engine_of, events, in_memory, part, read

SECOND = 10**9
SSH = [{"message": text, "host": f"h{place % 2}"} for place, text in enumerate(lines.SSH)]


def test_a_row_tells_of_all_lines_of_a_template() -> None:
    """Its text, how many, which part of all, when first and last, the last one, and how to find them again."""
    answer = ask(events(*SSH), "* | patterns")
    assert answer.columns == ("pattern", "count", "share", "first", "last", "example", "search")
    assert [row["count"] for row in answer.rows] == [2, 2, 1]
    assert answer.rows[0] == {
        "pattern": "Failed password for <*> from <ip> port <number> ssh2",
        "count": 2,
        "share": 0.4,
        "first": NOW_NS,
        "last": NOW_NS + SECOND,
        "example": lines.SSH[1],
        "search": r'~"^\s*Failed\s+password\s+for\s+\S+\s+from\s+[\da-fA-F.:]+\s+port\s+[-+\d.eE]+\s+ssh2\s*$"',
    }


def test_repeats_are_folded_and_other_stages_follow() -> None:
    """The rows of the stage are rows like any other."""
    source = events(*(SSH[:1] * 5), *SSH)
    assert column(source, "* | patterns | where count > 2 | fields count", "count") == [7]
    assert column(source, "* | patterns | sort count, -pattern | limit 1 | let n = len(example)", "n") == [62]
    assert ask(source, "* | patterns | stats sum(count) as n, max(last) as t").rows == [
        {"n": 10, "t": NOW_NS + 9 * SECOND}
    ]
    assert column(source, "* | patterns | patterns pattern | stats count()", "count") == [3]


def test_other_fields_have_patterns_too_where_they_are_texts() -> None:
    """Numbers are left out, JSON is taken by its characters; the search names the field."""
    source = events({"q": "id 7"}, {"q": "id 8"}, {"q": 9}, {"q": Json("[1,2]")}, {})
    rows = ask(source, "* | patterns q").rows
    assert [(row["pattern"], row["count"]) for row in rows] == [("id <number>", 2), ("[<number>,<number>]", 1)]
    assert rows[0]["search"] == r'q:~"^\s*id\s+[-+\d.eE]+\s*$"'
    answer = ask(source, "* | patterns nothing")
    assert answer.rows == []
    assert "no event has a field nothing" in answer.facts.notices[0].message


def test_rows_that_are_no_events_have_no_times() -> None:
    """A row counts once, whatever it counted itself; the columns of times are empty."""
    answer = ask(events(*SSH), "* | stats count() as n by message | patterns")
    assert [(row["count"], row.get("first")) for row in answer.rows] == [(2, None), (2, None), (1, None)]
    assert "first" in answer.columns


def test_values_that_cannot_be_computed_are_counted_before_and_after() -> None:
    """The stage in between loses none of them."""
    answer = ask(events({"message": "x 1"}, {"message": "y 2"}), "* | let n = 1 / 0 | patterns | let m = 1 / 0")
    assert answer.facts.could_not_compute == 4


def test_it_may_stand_in_a_query_inside_a_query() -> None:
    """Its rows are found by another step of the same statement."""
    text = '* | patterns | where example ~ "^pam" | fields example'
    assert column(events(*SSH), f"message:in({text}) | fields host", "host") == ["h0"]


def test_an_unknown_field_after_it_is_an_error() -> None:
    """It settles the columns."""
    with pytest.raises(QueryError, match="there is no field host here"):
        ask(events(*SSH), "* | patterns | fields host")


def test_the_same_lines_give_the_same_templates_wherever_they_lie(tmp_path: Path) -> None:
    """In memory, in a file, in both, and in any order of arrival."""
    in_file = part(tmp_path / "a.parquet", batch(SSH[2:]), 2)
    times = [{**event, "time": NOW_NS + place, "_seq": place + 1} for place, event in enumerate(SSH)]
    early, late = batch(times[:2]), batch(times[2:])
    in_file = part(tmp_path / "b.parquet", late, 2)
    expected = ask(in_memory(batch(times)), "* | patterns").rows
    assert ask(in_memory(early, parts=(in_file,)), "* | patterns").rows == expected
    assert ask(in_memory(late, early), "* | patterns").rows == expected


@given(texts=st.lists(lines.odd_texts | lines.alike_texts, min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_search_of_a_template_finds_all_of_its_lines(texts: list[str]) -> None:
    """And the counts of all templates add up to the lines."""
    with engine_of(events(*({"message": text} for text in texts))) as engine:
        rows = read(engine, "* | patterns").rows
        assert sum(row["count"] for row in rows) == len(texts)
        for row in rows:
            found = read(engine, f"{row['search']} | count").rows[0]["count"]
            assert found >= row["count"], row


def test_a_search_finds_lines_that_were_cut() -> None:
    """Beyond the words that are looked at, anything may stand."""
    source = events(*({"message": " ".join(["word"] * n)} for n in (100, 101, 250)))
    rows = ask(source, "* | patterns").rows
    assert [row["count"] for row in rows] == [2, 1]
    assert [ask(source, f"{row['search']} | count").rows[0]["count"] for row in rows] == [2, 1]


def test_explain_shows_the_statement_that_folds() -> None:
    """Before the one that reads what was mined."""
    with engine_of(events(*SSH)) as engine:
        told = engine.explain(Request("* | patterns | limit 3"))
    assert "patterns  of message" in told
    assert told.index("GROUP BY 1") < told.index("FROM step1")


def test_mining_ends_with_the_query() -> None:
    """It asks after each batch and between templates whether it may go on, and ends when that raises."""
    numbers = pa.array([1], pa.int64())
    folded = pa.record_batch([pa.array(["a"]), numbers, numbers, numbers], names=["a", "b", "c", "d"])
    asked: list[int] = []

    def end_at_the_third() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise QueryCancelledError("the query was cancelled")

    with pytest.raises(QueryCancelledError):
        mining.Mining()([folded] * 5, end_at_the_third)
    assert len(asked) == 3
    engine = Engine(events(*SSH), Limits(time_s=0.000001), SystemClock())
    try:
        with engine.query(Request("* | patterns")) as answer, pytest.raises(LimitExceededError):
            answer.table()
    finally:
        engine.close()


def test_batches_may_be_slices_and_may_be_empty() -> None:
    """Offsets into a larger batch are taken into account."""
    numbers = pa.array([1, 1, 1], pa.int64())
    whole = pa.record_batch(
        [pa.array(["no 1", "yes 1", "yes 2"]), numbers, numbers, numbers], names=["a", "b", "c", "d"]
    )
    table = mining.Mining()([whole.slice(1), whole.slice(0, 0)], lambda: None)
    assert table.column("pattern").to_pylist() == ["yes <number>"]
    assert mining.Mining()([], lambda: None).num_rows == 0
