"""The table `logs`: its columns, their types, its rows."""

from __future__ import annotations

import pytest

from logstore.errors import QueryError
from logstore.model.snapshot import Deletion, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.sandbox.door import SqlRequest
from tests.query.sandbox.statements import fenced, select
from tests.query.sql.laid_down import NOW_NS, Held, Json, batch, events, in_memory, part

S = 10**9


def _columns(source, text):
    return select(source, text).columns


def test_events_of_parts_and_of_memory_are_one_table(tmp_path):
    """Each once."""
    sealed = part(tmp_path / "a.parquet", batch([{"n": 1}, {"n": 2}]))
    source = in_memory(batch([{"_seq": 10, "n": 4, "other": "x"}]), parts=[sealed])
    found = select(source, "SELECT sum(n) AS n, count(*) AS rows FROM logs", [str(tmp_path)])
    assert found.rows == [{"n": 7, "rows": 3}]


def test_all_columns_are_the_fields_with_the_known_ones_in_front():
    """Those that are only there on demand are not among them."""
    source = events({"b": 1, "a.b": "x", "message": "m"})
    assert _columns(source, "SELECT * FROM logs") == ("time", "level", "tag", "message", "a.b", "b")


def test_on_demand_there_are_exact_times_and_sequence_numbers():
    """`time` is cut to microseconds, not rounded: 59.9999999 is in its minute."""
    source = events({"time": NOW_NS - 1, "_seq": 7})
    row = select(source, "SELECT time, _time_ns, _seq FROM logs").rows[0]
    assert row == {"time": NOW_NS - 1_000, "_time_ns": NOW_NS - 1, "_seq": 7}


def test_times_before_1970_are_cut_the_same_way():
    """Downwards."""
    assert select(events({"time": -1}), "SELECT time FROM logs").rows == [{"time": -1_000}]


def test_a_field_of_several_numbers_is_of_the_widest():
    """And of a number and a text, it is text that nothing is lost of."""
    source = events({"a": 1, "b": 2**53 + 1, "c": 2}, {"a": 1.5, "b": "2", "c": 2**63})
    rows = select(source, "SELECT a, b, c::VARCHAR AS c FROM logs ORDER BY _seq").rows
    assert rows == [{"a": 1.0, "b": "9007199254740993", "c": "2"}, {"a": 1.5, "b": "2", "c": "9223372036854775808"}]


def test_the_values_of_one_kind_have_a_column_of_their_own():
    """`field#kind`, of that type; null where the value is of another."""
    source = events({"a": 3}, {"a": "x"}, {"a": True})
    assert select(source, 'SELECT sum("a#int") AS i, max("a#text") AS t, bool_or("a#bool") AS b FROM logs').rows == [
        {"i": 3, "t": "x", "b": True}
    ]


def test_names_that_differ_in_case_only_are_two_columns():
    """The one in small letters has the plain name."""
    source = events({"status": 1, "Status": 2, "STATUS": 3})
    assert select(source, 'SELECT status, "Status~2" AS b, "STATUS~3" AS c FROM logs').rows == [
        {"status": 1, "b": 2, "c": 3}
    ]


def test_names_of_any_kind_are_columns():
    """In double quotes; those that DuckDB gives a meaning to as well."""
    row = {"a.b": 1, "it's": 2, 'quo"ted': 3, "日本": 4, "select": 5, "filename": 6, "rowid": 7, "user": 8, "r1": 9}
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in row)
    assert select(events(row), f"SELECT {names} FROM logs").rows == [row]


def test_rare_fields_are_found_by_their_names():
    """As text; all of them stand in `_more`, as one JSON object."""
    source = in_memory(batch([{"rare": 5, "odd": Json("[1]"), "nan": float("nan")}], frozenset({"rare", "odd", "nan"})))
    assert select(source, 'SELECT rare, "rare#int" + 1 AS next FROM logs').rows == [{"rare": "5", "next": 6}]
    assert select(source, "SELECT _more FROM logs").rows == [{"_more": '{"nan":"NaN","odd":[1],"rare":5}'}]


def test_names_that_a_statement_gives_are_not_looked_for_among_rare_fields():
    """A column of that name would come before the alias in GROUP BY."""
    source = in_memory(batch([{"rare": 5}, {"rare": 6}], frozenset({"rare"})))
    text = "SELECT date_trunc('hour', time) AS hour, count(*) AS n FROM logs GROUP BY hour"
    assert select(source, text).rows == [{"hour": NOW_NS, "n": 2}]


def test_an_unknown_field_is_an_error_with_the_nearest_name():
    """And with its place."""
    with pytest.raises(QueryError) as error:
        select(events({"status": 1}), "SELECT tag, stauts FROM logs")
    assert error.value.message == "there is no field stauts here"
    assert (error.value.column, error.value.hint) == (13, "did you mean status?")


def test_where_rare_fields_are_kept_an_unknown_name_is_told():
    """It may be one of them; it is missing in every row."""
    found = select(in_memory(batch([{"status": 1, "rare": 1}], frozenset({"rare"}))), "SELECT stauts FROM logs")
    assert found.rows == [{}]
    assert [notice.hint for notice in found.facts.notices] == ["did you mean status?"]


def test_where_there_are_no_events_any_field_is_missing():
    """A dashboard does not fail in an hour without events."""
    assert select(in_memory(), "SELECT sum(bytes) AS n, lower(path) AS p FROM logs GROUP BY path").rows == []
    assert select(in_memory(), "SELECT count(*) AS n FROM logs WHERE status >= 500").rows == [{"n": 0}]


def test_only_events_of_the_window_are_seen():
    """Its end is not included."""
    source = events(*({"time": NOW_NS + n * S, "n": n} for n in range(5)))
    request = SqlRequest("SELECT n FROM logs ORDER BY n", TimeSpan(NOW_NS + S, NOW_NS + 3 * S), now_ns=NOW_NS)
    with fenced(source) as engine, engine.sql(request) as answer:
        assert answer.table().to_pydict() == {"n": [1, 2]}


def test_deleted_events_are_not_seen(tmp_path):
    """Nor counted."""
    deletion = Deletion(1, "n:2", EVERYTHING, 100, NOW_NS)
    sealed = part(tmp_path / "a.parquet", batch([{"n": 1}, {"n": 2}]))
    source = Held(Snapshot(2, (sealed,), (), (deletion,)))
    assert select(source, "SELECT n FROM logs", [str(tmp_path)]).rows == [{"n": 1}]
    assert select(source, "SELECT count(*) AS n FROM logs", [str(tmp_path)]).rows == [{"n": 1}]


def test_what_is_damaged_is_left_out_and_told(tmp_path):
    """As in any answer."""
    source = in_memory(batch([{"_seq": 9, "n": 5}]), parts=[part(tmp_path / "a.parquet", batch([{"n": 1}]))])
    source.damaged.add(str(tmp_path / "a.parquet"))
    found = select(source, "SELECT n FROM logs", [str(tmp_path)])
    assert found.rows == [{"n": 5}]
    assert found.facts.lacking is not None
    assert found.facts.lacking.rows == 1


@pytest.mark.parametrize(
    ("condition", "parts"),
    [
        ("true", 3),
        ("tag = 'a'", 1),
        ("tag IN ('a', 'b') AND n > 0", 2),
        ("'c' = tag", 1),
        ("tag = 'a' OR tag = 'b'", 3),
        ("tag <> 'a'", 3),
        ("tag = lower('A')", 3),
        ("time >= now() - INTERVAL '30 seconds'", 1),
        ("time > '2026-11-22 09:58:30'", 2),
        ("time < TIMESTAMP '2026-11-22 09:58:30'", 1),
        ("time BETWEEN TIMESTAMPTZ '2026-11-22 09:58:30Z' AND '2026-11-22 09:59:30'", 1),
        ("TIMESTAMPTZ '2026-11-22 09:58:30Z' <= logs.time", 2),
        ("time > (SELECT now())", 3),
        ("time > 'no time'", 3),
    ],
)
def test_parts_are_left_out_by_time_and_tag(tmp_path, condition, parts):
    """Where all rows go through the condition."""
    minutes = [batch([{"time": NOW_NS - n * 60 * S, "_seq": n, "tag": "abc"[n], "n": n}]) for n in range(3)]
    source = in_memory(parts=[part(tmp_path / f"{n}.parquet", each) for n, each in enumerate(minutes)])
    text = f"SELECT n FROM logs WHERE {condition}"
    with fenced(source, [str(tmp_path)]) as engine, engine.sql(SqlRequest(text, now_ns=NOW_NS)) as answer:
        assert len(answer._work.whole.reads) == parts


def test_a_table_that_is_named_twice_is_not_narrowed():
    """Each place has conditions of its own."""
    source = events({"tag": "a"}, {"tag": "b"})
    text = "SELECT (SELECT count(*) FROM logs) AS n FROM logs WHERE tag = 'a'"
    assert select(source, text).rows == [{"n": 2}]


def test_conditions_of_joins_do_not_narrow():
    """An outer join keeps rows that do not meet them."""
    source = events({"tag": "a"}, {"tag": "b"})
    text = "WITH c AS (SELECT 'a' AS t) SELECT count(*) AS n FROM logs LEFT JOIN c ON tag = 'a'"
    assert select(source, text).rows == [{"n": 2}]
