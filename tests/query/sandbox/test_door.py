"""Statements as a whole: what they yield, what they may use, and how they end."""

from __future__ import annotations

import math
import threading

import duckdb
import pytest

from logstore.errors import LimitExceededError, OverloadedError, QueryCancelledError, QueryError
from query.engine import Request
from query.execution.limits import Limits
from query.sandbox.door import DEFAULT_LIMIT, SqlRequest, _Asked
from tests.query.sandbox.statements import fenced, select
from tests.query.sql.laid_down import NOW_NS, Json, batch, events, in_memory, part

MANY = "WITH a AS (SELECT unnest([1,2,3,4,5,6,7,8,9,0]) AS n), b AS (SELECT 1 AS x FROM a, a b, a c, a d, a e) "


def test_values_of_all_types_are_in_the_answer():
    """What an answer has no kind for becomes the nearest one."""
    text = """SELECT true AS b, 1::TINYINT AS i, 18446744073709551615::UBIGINT AS u, 1.5::DECIMAL(3,1) AS d,
        'nan'::DOUBLE AS f, 'x' AS t, DATE '2026-01-02' AS day, TIMESTAMP '2026-11-22 10:00:00' AS at,
        INTERVAL 90 SECOND AS gap, [1, 2] AS list, {'a': 'x'} AS struct, '{"a":1}'::JSON AS json, NULL AS nothing,
        sum(1) AS s, TIME '10:00:00' AS clock"""
    (row,) = select(in_memory(), text).rows
    assert math.isnan(row.pop("f"))
    assert row == {
        "b": True,
        "i": 1,
        "u": 2**64 - 1,
        "d": 1.5,
        "t": "x",
        "day": "2026-01-02",
        "at": NOW_NS,
        "gap": "00:01:30",
        "list": Json("[1,2]"),
        "struct": Json('{"a":"x"}'),
        "json": Json('{"a":1}'),
        "s": 1,
        "clock": "10:00:00",
    }


@pytest.mark.parametrize("condition", ["f < 10", "f > 0", "isnan(f)", "f <> 1", "v < 10", "isnan(v)", "NOT v < 10"])
def test_nan_in_files_is_that_in_memory(condition, tmp_path):
    """To DuckDB it is the largest number, also where the statistics of a file leave it out."""
    made = batch([{"f": (0.5, math.nan, 2.5, 1.0)[n % 4], "v": (1, math.nan, 2.5)[n % 3]} for n in range(24)])
    text = f"SELECT count(*) AS n FROM logs WHERE {condition}"
    sources = in_memory(made), in_memory(parts=[part(tmp_path / "p", made)])
    here, there = (select(source, text, [str(tmp_path)]).rows for source in sources)
    assert there == here


def test_columns_of_one_name_are_told_apart():
    """The second one gets a number."""
    assert select(in_memory(), "SELECT 1 AS a, 2 AS a, 3 AS a").rows == [{"a": 1, "a_1": 2, "a_2": 3}]


def test_now_is_when_the_question_was_asked():
    """Under all of its names, and called as it was written."""
    found = select(
        in_memory(), "SELECT now(), current_timestamp, today()::VARCHAR AS day, now() - INTERVAL 1 HOUR AS ago"
    )
    assert found.rows == [
        {"now": NOW_NS, "current_timestamp": NOW_NS, "day": "2026-11-22", "ago": NOW_NS - 3600 * 10**9}
    ]


def test_the_order_of_the_statement_is_that_of_the_answer():
    """Also over more rows than a batch has."""
    found = select(in_memory(), MANY + "SELECT row_number() OVER () AS n FROM b ORDER BY n DESC LIMIT 40000")
    assert [row["n"] for row in found.rows] == list(range(100_000, 60_000, -1))


def test_an_answer_is_cut_where_nobody_says_how_long_it_is():
    """And tells it; with LIMIT in the text, or a limit beside it, it is as long as that says."""
    cut = select(in_memory(), MANY + "SELECT x FROM b")
    assert (len(cut.rows), cut.facts.cut) == (DEFAULT_LIMIT, True)
    assert len(select(in_memory(), MANY + "SELECT x FROM b LIMIT 20000").rows) == 20_000
    few = select(in_memory(), MANY + "SELECT x FROM b LIMIT 20000", limit=3)
    assert (len(few.rows), few.facts.cut) == (3, True)


def test_comments_and_a_semicolon_at_the_end_are_fine():
    """What is run is made of the tree."""
    assert select(events({"n": 1}), "SELECT n -- all\nFROM logs /* there is */; -- done").rows == [{"n": 1}]


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC"', 1),
        ("SELECT '日本', n +, 2 FROM logs", 'syntax error at or near ","', 17),
        ("SELECT lower(n) FROM logs", "No function matches the given name and argument types 'lower(BIGINT)'.", 8),
        ("SELECT 'x'::INT", "Could not convert string 'x' to INT32", 1),
        (
            "SELECT message::INT FROM logs",
            "Could not convert string 'm' to INT32 when casting from source column message",
            1,
        ),
        ("SELECT sum(n) FROM logs GROUP BY sum(n)", "GROUP BY clause cannot contain aggregates!", 1),
        ("SELECT 9223372036854775807 + n FROM logs", "Overflow in addition of INT64 (9223372036854775807 + 1)!", 1),
        ("DROP TABLE logs", "only SELECT can be asked", 1),
        ("SELECT 1; SELECT 2", "one SELECT can be asked at a time", 1),
        ("SELECT * FROM lgos", "there is no table lgos", 15),
    ],
)
def test_mistakes_are_told_with_their_place(text, message, column):
    """Those of the text, of types, and of values."""
    with pytest.raises(QueryError) as error:
        select(events({"n": 1, "message": "m"}), text)
    assert (error.value.message, error.value.column) == (message, column)


@pytest.mark.parametrize(
    "text", ["SELECT " + "(" * 50_000, "SELECT " + "[" * 101 + "]" * 101, "SELECT " + "not " * 600 + "true"]
)
def test_what_is_nested_too_deeply_is_refused_at_once(text):
    """Before the parser takes its time for it."""
    with pytest.raises(QueryError, match="nested too deeply"):
        select(in_memory(), text)


def test_brackets_in_texts_are_not_nested():
    """Nor in names and comments."""
    deep = "(" * 200
    assert select(in_memory(), f"SELECT '{deep}' AS \"a{deep}\" --{deep}").rows == [{f"a{deep}": deep}]


def test_a_long_text_is_refused():
    """Programs gone wrong make such."""
    with pytest.raises(QueryError, match="65,536 characters"):
        select(in_memory(), f"SELECT '{'x' * 70_000}'")


def test_memory_is_limited():
    """Texts that are put together count."""
    doubled = "SELECT 'aaaaaaaaaaaaaaaa' || n AS x FROM (SELECT unnest([1,2]) AS n)"
    for _ in range(24):
        doubled = f"SELECT x || x AS x FROM ({doubled})"
    limits = Limits(threads=1, memory_bytes=128 << 20)
    with fenced(in_memory(), limits=limits) as engine:
        with (
            engine.sql(SqlRequest(f"SELECT sum(length(x)) FROM ({doubled})")) as answer,
            pytest.raises(LimitExceededError, match="memory"),
        ):
            answer.table()
        with engine.sql(SqlRequest("SELECT 1 AS n")) as answer:
            assert answer.table().to_pydict() == {"n": [1]}


def test_what_does_not_fit_into_memory_is_spilled(tmp_path):
    """Into a folder of its own, which need not be there."""
    sixth = "SELECT md5(concat(x, _n)) AS h FROM (SELECT x, row_number() OVER () AS _n FROM b)"
    text = f"{MANY}SELECT count(*) AS n FROM (SELECT h, row_number() OVER (ORDER BY h) AS r FROM ({sixth})) WHERE r > 0"
    limits = Limits(threads=1, memory_bytes=24 << 20, temp_directory=str(tmp_path / "spill"))
    with fenced(in_memory(), limits=limits) as engine, engine.sql(SqlRequest(text)) as answer:
        assert answer.table().to_pydict() == {"n": [100_000]}
    assert (tmp_path / "spill" / "sql").is_dir()


ENDLESS = MANY + "SELECT count(*) FROM b, b c, b d"


def test_time_is_limited():
    """By the same setting as that of queries."""
    limits = Limits(time_s=0.2, threads=1)
    with fenced(in_memory(), limits=limits) as engine, engine.sql(SqlRequest(ENDLESS)) as answer, _too_long():
        answer.table()


def _too_long():
    return pytest.raises(LimitExceededError, match=r"0\.2 s")


def test_it_can_be_cancelled():
    """From another thread."""
    with fenced(in_memory(), limits=Limits(threads=1)) as engine, engine.sql(SqlRequest(ENDLESS)) as answer:
        threading.Timer(0.1, answer.cancel).start()
        with pytest.raises(QueryCancelledError):
            answer.table()


def test_both_languages_share_the_places():
    """While one has the only place, the other waits for it."""
    limits = Limits(max_running=1, max_waiting=0)
    with fenced(events({"n": 1}), limits=limits) as engine, engine.query(Request("*")) as running:
        assert running.table().num_rows == 1
        with engine.sql(SqlRequest("SELECT 1")) as answer, pytest.raises(OverloadedError):
            answer.table()


def test_an_instance_that_broke_is_replaced():
    """DuckDB does nothing more after an error of its own; the next statement does not hear of it."""
    with fenced(events({"n": 1})) as engine:
        before = engine._sql._started()
        session = before.session(tell=lambda error: engine._sql._tell(_Asked(SqlRequest("")), error))
        with pytest.raises(duckdb.FatalException), session._blame():
            raise duckdb.FatalException("FATAL Error: Failed: database has been invalidated")
        session.close()
        with engine.sql(SqlRequest("SELECT n FROM logs")) as answer:
            assert answer.table().to_pydict() == {"n": [1]}
        assert engine._sql._started() is not before
        before.close()


def test_a_name_of_the_table_s_own_may_be_given_anew():
    """Within the query that is called so, it is the table."""
    assert select(
        events({"n": 1}, {"n": 2}), "WITH logs AS (SELECT n FROM logs WHERE n > 1) SELECT * FROM logs"
    ).rows == [{"n": 2}]


def test_the_snapshot_is_given_back():
    """Also when the statement is refused."""
    source = events({"n": 1})
    select(source, "SELECT 1")
    with pytest.raises(QueryError):
        select(source, "SELECT getenv('HOME')")
    assert (source.taken, source.released) == (2, 2)
