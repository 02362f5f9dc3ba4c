"""Whole questions: text in, rows and facts out."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from logstore.clock import SystemClock
from logstore.errors import LimitExceededError, QueryCancelledError, QueryError
from logstore.model.merge import batch_from_table
from logstore.model.schema import ARROW_TYPES, FIXED_COLUMNS, SEQ, Kind
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.plan.even_slices import EXPORT
from query.results.facts import Outside
from tests.query.sql.laid_down import NOW_NS, Held, Json, ask, batch, column, engine_of, events, in_memory, part, read

SECOND = 10**9

NASTY_NAMES = (
    *(
        "status",
        "Status",
        "STATUS",
        "status#int",
        'quo"ted',
        "it's",
        "",
        " ",
        "file_row_number",
        "filename",
        "file_index",
    ),
    *(
        "f1",
        "x1",
        "t1",
        "s1",
        "r1",
        "h1",
        "select",
        "c0",
        "a.b",
        "a",
        "日本",
        "nul\0inside",
        "semi;colon",
        "--",
        "/*",
        "$1",
        "?",
    ),
    *("_PID", "record.time", "%s", "{0}", "back\\slash", "new\nline", "🙂"),
)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("`", "\\`").replace("\n", "\\n").replace("\0", "\\u0000")
    return f"`{escaped}`"


def test_events_come_newest_first_with_the_known_fields_in_front() -> None:
    """time, level, tag, message, then the rest by name; `_seq` breaks ties and is not shown."""
    source = events(
        {"time": 5, "b": 1, "message": "m"}, {"time": 7, "a": 2, "level": "info"}, {"time": 5, "b": 3, "message": "n"}
    )
    answer = ask(source, "*")
    assert answer.columns == ("time", "level", "tag", "message", "a", "b")
    assert [(row["time"], row.get("b")) for row in answer.rows] == [(7, None), (5, 3), (5, 1)]


def test_event_rows_are_cut_and_the_answer_says_so() -> None:
    """1,000 by default, another number when asked for; `sort` and `limit` mean what they say."""
    source = events(*({"n": n} for n in range(1200)))
    plain = ask(source, "*")
    assert (len(plain.rows), plain.facts.rows, plain.facts.cut) == (1000, 1000, True)
    assert (len(ask(source, "*", limit=1200).rows), ask(source, "*", limit=1200).facts.cut) == (1200, False)
    assert (len(ask(source, "* | sort n").rows), len(ask(source, "* | limit 1100").rows)) == (1200, 1100)
    assert (len(ask(source, "* | limit 3", limit=5).rows), ask(source, "* | limit 3", limit=5).facts.cut) == (3, False)
    assert (len(ask(source, "* | limit 7", limit=5).rows), ask(source, "* | limit 7", limit=5).facts.cut) == (5, True)
    assert len(ask(source, "* | count by n").rows) == 1200
    assert ask(source, "* | count by n", limit=2).facts.cut


def test_only_what_is_shown_is_taken_apart() -> None:
    """The first rows are found before the costly stages; what cannot be computed counts on all rows."""
    source = events(*({"n": n, "message": f"n={n}"} for n in range(1200)))
    with engine_of(source) as engine:
        said = engine.explain(Request('n:>5 | parse "n=<x:number>" | json | let y = x + tag', now_ns=NOW_NS))
    assert said.index("LIMIT 1001") < said.index("regexp_extract(")
    answer = ask(source, 'n:>=100 | parse "n=<x:number>" | let y = x + tag | fields x, y', limit=2)
    assert ([row["x"] for row in answer.rows], answer.facts.cut) == ([1199, 1198], True)
    assert answer.facts.could_not_compute == 1100


def test_a_field_of_several_kinds_has_a_column_for_each() -> None:
    """Siblings are named as on disk, and the schema's metadata tells what they are."""
    engine = Engine(events({"v": 1}, {"v": "a"}, {"v": Json("[1]")}), Limits(threads=1), SystemClock())
    with engine.query(Request("* | fields v")) as answer:
        table = answer.table()
    assert table.column_names == ["v", "v#text", "v#json"]
    assert json.loads(table.schema.metadata[b"logstore.columns"])[1] == {"name": "v#text", "field": "v", "kind": "text"}
    assert table.to_pylist()[1] == {"v": None, "v#text": "a", "v#json": None}
    engine.close()


def test_nasty_names_are_names_like_any_other(tmp_path: Path) -> None:
    """No field name collides with another, with an alias, with a virtual column or with SQL."""
    made = batch([{name: n for n, name in enumerate(NASTY_NAMES)}])
    for source in (in_memory(made), in_memory(parts=[part(tmp_path / "p.parquet", made)])):
        with engine_of(source) as engine:
            (row,) = read(engine, "*").rows
            assert {name: row[name] for name in NASTY_NAMES} == {name: n for n, name in enumerate(NASTY_NAMES)}
            for n, name in enumerate(NASTY_NAMES):
                text = f"* | where {_quoted(name)} == {n} | stats sum({_quoted(name)}) as {_quoted(name)}"
                assert read(engine, text).rows == [{name: n}], name


def test_union_is_of_events_or_of_groups() -> None:
    """Groups beside events with all their fields are refused, at the stage; beside settled columns they are not."""
    source = events({"a": 1}, {"a": 2})
    with pytest.raises(QueryError) as raised:
        ask(source, "* | union (* | count)")
    assert raised.value.span is not None
    assert (raised.value.span.start, raised.value.span.end) == (4, 21)
    assert ask(source, "* | fields a | union (* | count)").rows == [{"a": 2}, {"a": 1}, {"count": 2}]


def test_union_is_cut_unless_both_sides_are_limited() -> None:
    """1,000 rows by default, as of any events; where each side says how many, that holds."""
    source = events(*({"n": n} for n in range(1200)))
    assert len(ask(source, "* | limit 1 | union (*)").rows) == 1000
    assert len(ask(source, "* | limit 600 | union (* | limit 600)").rows) == 1200


def test_a_query_to_join_with_names_its_columns() -> None:
    """All fields of events are too many, and what it is joined on must be among them."""
    source = events({"a": 1, "b": 2})
    with pytest.raises(QueryError, match="must name its columns"):
        ask(source, "* | join (*) on a")
    with pytest.raises(QueryError, match="must name its columns"):
        ask(source, "* | join (* | fields a*) on a")
    with pytest.raises(QueryError, match="there is no field a here"):
        ask(source, "* | join (* | fields b) on a")


def test_a_join_of_too_much_ends_at_its_time_limit() -> None:
    """All pairs of pairs are billions; the query ends with an error that says so."""
    source = events(*({"a": 1, "n": n} for n in range(2000)))
    engine = Engine(source, Limits(threads=1, time_s=0.5), SystemClock())
    text = "* | join (* | fields a, n) on a | join (* | fields a, n) on a | stats sum(n)"
    with pytest.raises(LimitExceededError), engine.query(Request(text)) as answer:
        answer.table()
    engine.close()


def test_compare_reads_its_own_window_and_the_one_before() -> None:
    """The window moves with the question, and parts outside of both are not looked at."""
    hour, day = 3600 * SECOND, 24 * 3600 * SECOND
    batches = [
        batch([{"a": n, "time": NOW_NS - n * day - half * hour // 2, SEQ: 10 * n + half} for half in (0, 1)])
        for n in range(3)
    ]
    window = TimeSpan(NOW_NS - hour, NOW_NS + 1)
    answer = ask(in_memory(*batches), "* | stats count(), rate() | compare 1d", window=window)
    (row,) = answer.rows
    assert (row["count"], row["count_before"], row["count_change"], row["rate_change"]) == (2, 2, 0, 0)
    assert answer.facts.scanned_parts == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* | compare 1d", "right after stats or count"),
        ("* | count by a | limit 3 | compare 1d", "right after stats or count"),
        ("* | count | compare 1d | compare 1d", "right after stats or count"),
        ("* | top a | compare 1d", "does not go with top"),
        ("* | count | compare 0s", "a duration above 0"),
        ("* | count | compare 10", "a duration above 0"),
        ("* | count | compare 9999999999d", "a duration above 0"),
        ("* | count by count_before | compare 1d", "two columns are called count_before"),
    ],
)
def test_compare_says_where_it_stands(text: str, message: str) -> None:
    """It compares groups and nothing else, by a length of time, and no two columns have one name."""
    with pytest.raises(QueryError, match=message):
        ask(events({"a": 1}), text)


def test_first_steps_are_part_of_the_query() -> None:
    """They can be cancelled, count what they could not compute, and give back what they held."""
    source = events({"a": 1, "b": "x"}, {"a": 2, "b": "1"})
    with engine_of(source) as engine:
        with pytest.raises(QueryCancelledError):
            engine.query(Request("a:in(* | fields a)"), lambda cancel: cancel())
        assert source.taken == source.released == 1
        answer = read(engine, "a:in(* | let c = number(b) | fields c)")
    assert (len(answer.rows), answer.facts.could_not_compute) == (1, 1)


def test_many_values_of_a_query_inside_are_no_list() -> None:
    """A thousand are; with more the answer is the same, and the explanation says why it takes longer."""
    source = events(*({"a": n, "b": n // 2} for n in range(1100)))
    with engine_of(source) as engine:
        assert read(engine, "a:in(* | fields b) | count").rows == [{"count": 550}]
        assert read(engine, "a:in(* | fields a) | count").rows == [{"count": 1100}]
        assert "a is one of 550 values" in engine.explain(Request("a:in(* | fields b)"))
        assert "too many values for a list" in engine.explain(Request("a:in(* | fields a)"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("* | fields a | context 2", "as they were found"),
        ("* | count | context 2", "as they were found"),
        ("* | context 2 | context 2", "as they were found"),
        ("* | context 0", "1 to 1000 lines"),
        ("* | context -5 +1001", "1 to 1000 lines"),
        ("* | context 2 by a, a", "two columns are called a"),
    ],
)
def test_context_says_where_it_stands(text: str, message: str) -> None:
    """It goes around events, and its lines have bounds."""
    with pytest.raises(QueryError, match=message):
        ask(events({"a": 1}), text)


def test_context_of_too_many_matches_is_cut_with_a_notice() -> None:
    """The first thousand have theirs, and the answer says that there are more."""
    source = events(*({"n": n} for n in range(1200)))
    answer = ask(source, "* | context -1 | count by match")
    assert answer.rows == [{"match": False, "count": 1}, {"match": True, "count": 1000}]
    assert [notice.message for notice in answer.facts.notices] == [
        "only the first 1,000 matches have their context here"
    ]


def test_context_reads_the_neighbourhood_only(tmp_path: Path) -> None:
    """Of a hundred row groups those are read that are near the match in time."""
    made = batch([{"n": n, "message": "panic" if n == 5003 else "fine"} for n in range(10_000)])
    source = in_memory(parts=[part(tmp_path / "p.parquet", made, rows_per_group=100)])
    with engine_of(source) as engine:
        rows = read(engine, "n:5003 | context 3 | fields n, match").rows
        assert rows == [{"n": n, "match": n == 5003} for n in range(5006, 4999, -1)]
        said = engine.explain(Request("n:5003 | context 3"))
    assert "matches to show the context of: 1" in said
    assert "1 of 100 row groups within the window" in said


def test_contexts_far_from_each_other_are_all_found() -> None:
    """More matches than windows are looked at together, each in an hour of its own."""
    hour = 3600 * SECOND
    rows = [{"n": n, "time": NOW_NS + n // 5 * hour + n % 5 * SECOND} for n in range(300)]
    source = events(*({**row, "message": "hit" if row["n"] % 5 == 2 else "other"} for row in rows))
    found = column(source, "hit | context 1 | fields n", "n")
    assert found == [n for n in reversed(range(300)) if n % 5 in {1, 2, 3}]


INJECTIONS = (
    "'",
    "''",
    '"',
    "\\",
    "'; DROP TABLE x; --",
    "' OR '1'='1",
    "\\' OR 1=1 --",
    "$1",
    "?",
    "%",
    "_",
    "{}",
    "\x00'",
    "*/",
    "') OR true --",
    "]",
    "x1",
    "'||(SELECT 1)||'",
    "\ud7ff",
    "\u2019",
    "null",
)
PLACES = (
    'v:"{0}"',
    'v:("{0}", "zzz")',
    'v:>="{0}" v:<="{0}"',
    'v:in(v:"{0}" | fields v)',
    '* | where v == "{0}"',
    '* | where v in ("{0}")',
    '* | where contains(v, "{0}")',
    '* | where startswith(v, "{0}") and endswith(v, "{0}")',
    '* | where v between "{0}" and "{0}"',
    '* | where v == concat("{0}", "")',
    '* | where replace(v, "{0}", "") == ""',
    '* | let x = "{0}" | where v == x',
    '* | where split(v, "{0}zzz", 1) == "{0}"',
    '* | where not (v != "{0}")',
)


def test_no_value_is_ever_sql() -> None:
    """In every place where a value may stand it matches itself and never the bystander."""
    with engine_of(events(*({"v": value} for value in INJECTIONS), {"v": "bystander"})) as engine:
        for value in INJECTIONS:
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\x00", "\\u0000")
            for place in PLACES:
                found = [row.get("v") for row in read(engine, place.replace("{0}", escaped)).rows]
                assert value in found, (place, value)
                assert "bystander" not in found, (place, value)


def test_hostile_patterns_and_names_are_only_themselves() -> None:
    """Regular expressions, wildcards, JSON paths, formats and new names reach SQL as literals."""
    source = events({"v": "it's 'quoted'", "j": '{"a\'b": {"c\\"d": 7}}', "message": "it's 'quoted'"})
    for text in (
        """~"it's '.*'" """,
        """v:~"'quoted'$" """,
        """* | where v like "it's%" """,
        """v:it\\'s*""",
        "\"it's 'quoted'\"",
        """* | where json_get(j, "a'b") is not null""",
        """* | where extract(v, "'(q.*)'") == "quoted" """,
        """* | let `a'"b` = v | where `a'"b` == "it's 'quoted'" """,
        """* | where format_time(time, "'%Y") == "'2026" """,
    ):
        assert len(ask(source, text).rows) == 1, text


def test_an_unknown_field_of_events_is_a_notice() -> None:
    """The field is missing in every row; the notice names the nearest that exists, and the place."""
    facts = ask(events({"status": 1}), "* | where statsu > 1").facts
    assert [(notice.message, notice.hint) for notice in facts.notices] == [
        ("no event has a field statsu", "did you mean status?")
    ]
    span = facts.notices[0].span
    assert span is not None
    assert "* | where statsu > 1"[span.start : span.end] == "statsu"
    assert ask(events({"status": 1}), "statsu:5").facts.notices
    assert not ask(events({"status": 1}), "status:abc").facts.notices


@pytest.mark.parametrize(
    "text",
    [
        "* | count | where cuont > 1",
        "* | fields a | sort b",
        "* | drop a | where a > 1",
        "* | rename a as c | fields a",
    ],
)
def test_a_field_that_cannot_be_there_is_an_error(text: str) -> None:
    """Once the columns are settled, or a column is taken away, its name is a mistake."""
    with pytest.raises(QueryError) as raised:
        ask(events({"a": 1, "b": 2}), text)
    assert raised.value.text == text
    assert raised.value.span is not None


def test_a_subquery_needs_one_column() -> None:
    """Anything else in `in(...)` is an error with a hint."""
    with pytest.raises(QueryError, match="exactly one column"):
        ask(events({"a": 1}), "a:in(*)")
    assert len(ask(events({"a": 1}, {"a": "1"}, {"a": 2}), "a:in(a:1 | fields a)").rows) == 2


def test_fields_kept_in_more_are_like_all_others(tmp_path: Path) -> None:
    """They are found, sorted, grouped and typed back; those that nobody names stay in the map."""
    rows = [
        {"rare": 2**53 + 1, "kept": "x"},
        {"rare": "a\x00\"'\\é🙂"},
        {"rare": Json('[1,"a"]')},
        {"rare": True},
        {"rare": 2**64 - 1},
        {"rare": 0.1},
        {"rare": float("inf")},
        {"rare": -5},
        {"kept": "y"},
        {"rare": 1e300},
    ]
    plain = events(*rows)
    made = batch(rows, frozenset({"rare", "kept"}))
    for source in (in_memory(made), in_memory(parts=[part(tmp_path / "p.parquet", made, 3)])):
        for text in (
            "* | fields rare",
            "* | sort -rare | fields rare",
            "rare:>0 | fields rare",
            "* | count by rare",
            "rare:* | fields kept",
            "* | stats values(rare), max(rare), distinct(rare)",
            "* | let x = rare + 1 | fields x, rare",
            "rare:true | fields rare",
            "* | dedup rare | fields rare, kept",
            "* | rename rare as r | fields r",
            'rare:~"a" | fields rare',
        ):
            assert ask(source, text).rows == ask(plain, text).rows, text
        assert ask(source, "rare:-5").rows[0] == {"time": NOW_NS + 7 * SECOND, "tag": "app", "rare": -5}
        assert ask(source, "* | sort _seq | limit 1").rows[0]["_more"] == {"kept": '"x"', "rare": "9007199254740993"}
        assert ask(source, "* | sort _seq | limit 1 | drop kept").rows[0]["_more"] == {"rare": "9007199254740993"}
        assert ask(source, "* | sort _seq | limit 1 | fields k*").rows == [{"_more": {"kept": '"x"'}}]
        assert ask(source, "* | sort _seq | limit 1 | drop r*").rows[0]["_more"] == {"kept": '"x"'}
        assert ask(source, "* | let rare = 1 | sort _seq | limit 1").rows[0]["_more"] == {"kept": '"x"'}


def test_a_long_list_of_texts_finds_what_each_of_them_finds() -> None:
    """Numbers, bools, wildcards and numbers in quotes among them are what they are in a short list."""
    rows = [{"f": value} for value in ("x3", "x99", 43, "43", 44, True, "true", 0.25, "250ms", "wild", Json("[1]"), 45)]
    source = events(*rows, {"g": 1})
    texts = ", ".join(f"x{number}" for number in range(40))
    for others in ("", '"43"', "43", '"x 1", true, 250ms', 'w*, "[1]"', "44, w?ld, X3"):
        listed = ask(source, f"f:({texts}{', ' if others else ''}{others})").rows
        each = " OR ".join(f"f:{choice}" for choice in (*texts.split(", "), *filter(None, others.split(", "))))
        assert listed == ask(source, each).rows, others
        assert ask(source, f"-f:({texts}{', ' if others else ''}{others}) | count").rows[0]["count"] == 13 - len(listed)


def test_fields_are_the_columns_and_the_rare_ones_that_matching_events_have(tmp_path: Path) -> None:
    """Columns with all their kinds, by name; what is kept in `_more` only as far as a matching event has it."""
    made = batch(
        [{"v": 1, "rare": 1}, {"v": "x", "Rarer": True}, {"v": 2, "rare": Json("[]"), "w": 0.5}],
        frozenset({"rare", "Rarer"}),
    )
    fixed = {"level": (Kind.TEXT,), "message": (Kind.TEXT,), "tag": (Kind.TEXT,), "time": (Kind.TIME,)}
    columns = [*sorted(fixed.items()), ("v", (Kind.INT, Kind.TEXT)), ("w", (Kind.FLOAT,))]
    for source in (in_memory(made), in_memory(parts=[part(tmp_path / "p.parquet", made, 3)])):
        with engine_of(source) as engine:
            for text, rare in (("*", ["rare", "Rarer"]), ("v:x", ["Rarer"]), ("v:>1", ["rare"]), ("v:9", [])):
                found = engine.fields(Request(text), lambda _: None)
                assert [(known.name, known.kinds) for known in found if known.kinds] == columns
                assert [known.name for known in found if not known.kinds] == rare
            for text in ("* | limit 1", "* | count"):
                with pytest.raises(QueryError, match="fields are those of a search"):
                    engine.fields(Request(text), lambda _: None)


def test_what_is_beyond_the_snapshot_is_not_seen(tmp_path: Path) -> None:
    """Rows above the snapshot's sequence number stay out, in batches and in files."""
    made = batch([{"n": n} for n in range(10)])
    written = part(tmp_path / "p.parquet", made)
    for pieces in (((written,), ()), ((), (made,))):
        assert ask(Held(Snapshot(4, *pieces)), "* | count").rows == [{"count": 4}]


def test_windows_from_inside_and_outside_meet() -> None:
    """The window given with the request and the time terms of the text both hold."""
    source = events(*({"time": NOW_NS + n * SECOND} for n in range(-5, 5)))
    window = TimeSpan(NOW_NS - 3 * SECOND, NOW_NS + 3 * SECOND)
    assert ask(source, "* | count", window=window).rows == [{"count": 6}]
    assert ask(source, "time:2s | count", window=window).rows == [{"count": 3}]
    assert ask(source, "time:>2026-11-22T10:00Z | count", window=window).rows == [{"count": 2}]
    assert ask(source, "time:2s OR time:>=2026-11-22T10:00:02Z | count", window=window).rows == [{"count": 4}]
    assert ask(source, "* | count", window=TimeSpan(-(2**63), 2**63 - 1)).rows == [{"count": 10}]


def test_an_empty_answer_tells_what_lies_outside_the_window() -> None:
    """How many events match without the window, and when the newest was."""
    source = events({"time": NOW_NS - 3600 * SECOND, "n": 1}, {"time": NOW_NS - 7200 * SECOND, "n": 1})
    assert ask(source, "time:5m n:1").facts.outside == Outside(2, NOW_NS - 3600 * SECOND)
    assert ask(source, "time:5m n:2").facts.outside == Outside(0, None)
    assert ask(source, "n:2").facts.outside is None
    assert ask(source, "time:90m n:1").facts.outside is None


def test_the_tail_gives_only_what_is_new() -> None:
    """Rows beyond the last sequence number seen, for queries that go row by row."""
    source = events(*({"n": n} for n in range(6)))
    assert column(source, "n:>1 | let m = n * 2 | fields m", "m", after_seq=4) == [10, 8]
    assert ask(source, "*", after_seq=6).rows == []
    with pytest.raises(QueryError, match="row by row"):
        ask(source, "* | sort n", after_seq=1)


def test_the_snapshot_is_given_back_whatever_happens() -> None:
    """After reading, after closing unread, after an error."""
    source = events({"a": 1})
    ask(source, "*")
    engine = Engine(source, Limits(threads=1), SystemClock())
    engine.query(Request("*")).close()
    with pytest.raises(QueryError):
        engine.query(Request("* | count | where nope > 1"))
    reading = engine.query(Request("*"))
    next(reading.batches())
    reading.close()
    reading.close()
    engine.close()
    assert (source.taken, source.released) == (4, 4)


def test_facts_are_known_after_the_last_batch_only() -> None:
    """Asking earlier is a mistake of the caller's code."""
    engine = Engine(events({"a": 1}), Limits(threads=1), SystemClock())
    with engine.query(Request("*")) as answer, pytest.raises(RuntimeError):
        answer.facts()
    engine.close()


def test_newest_first_reads_slice_by_slice(tmp_path: Path) -> None:
    """The newest rows are the same with many row groups as from one sort over all, across slices."""
    rows = 150_000
    made = batch([{"n": n, "time": NOW_NS - (n * 7919 % rows) * SECOND} for n in range(rows)])
    source = in_memory(parts=[part(tmp_path / "p.parquet", _by_time(made), 10_000)])
    assert column(source, "* | fields time", "time")[:3] == [NOW_NS, NOW_NS - SECOND, NOW_NS - 2 * SECOND]
    assert len(ask(source, "* | limit 140000").rows) == 140_000
    old = ask(source, "time:<2026-11-20T17:00:00Z | limit 5").rows
    assert [row["time"] for row in old] == sorted((row["time"] for row in old), reverse=True)
    found = ask(source, "n:(0, 1, 2, 3)")
    assert [row["time"] for row in found.rows] == sorted(
        (NOW_NS - n * 7919 % rows * SECOND for n in range(4)), reverse=True
    )
    assert not found.facts.cut


def _by_time(made: Any) -> Any:
    from logstore.model.merge import sort_batch  # noqa: PLC0415, for this test alone

    return sort_batch(made, ["time"])


def test_explain_shows_plan_pruning_and_sql(tmp_path: Path) -> None:
    """What is read, what is not and why, and the statement."""
    parts = [part(tmp_path / f"{tag}.parquet", batch([{"tag": tag, "n": 1}])) for tag in ("a", "b")]
    engine = Engine(in_memory(parts=parts), Limits(threads=1), SystemClock())
    text = engine.explain(Request("tag:a n:>0 | count"))
    engine.close()
    assert "aggregate  count()" in text
    assert "other tags: 1" in text
    assert "read_parquet" in text


def test_the_zone_of_the_machine_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are UTC with any TZ."""
    source = events({"time": NOW_NS})
    text = '* | stats count() by bin(1d), format_time(time, "%H:%M %z") as h, text(time) as t'
    before = ask(source, text).rows
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert ask(source, text).rows == before
        assert ask(source, "time:2026-11-22T10 | count").rows == [{"count": 1}]
    finally:
        monkeypatch.undo()
        os.environ.pop("TZ", None)
        time.tzset()


STAGES = [
    ("* | where n > 1 | fields n", [{"n": 3}, {"n": 2}]),
    ("* | let n = n * 2, m = n + 1 | fields n, m", [{"n": 6, "m": 7}, {"n": 4, "m": 5}, {"n": 2, "m": 3}]),
    ("* | fields s, n | drop s", [{"n": 3}, {"n": 2}, {"n": 1}]),
    ("* | rename n as s | fields s", [{"s": 3}, {"s": 2}, {"s": 1}]),
    ("* | sort n | limit 2 | fields n", [{"n": 1}, {"n": 2}]),
    ("* | sort s, -n | drop s | limit 2 | fields n", [{"n": 2}, {"n": 1}]),
    ("* | dedup s | fields n", [{"n": 3}, {"n": 1}]),
    ("* | dedup s keep newest | fields n", [{"n": 3}, {"n": 2}]),
    ("* | count", [{"count": 3}]),
    ("* | count by s", [{"s": "a", "count": 2}, {"s": "b", "count": 1}]),
    ("* | count by s | sort count | limit 1", [{"s": "b", "count": 1}]),
    ("* | top 1 s", [{"s": "a", "count": 2, "share": 2 / 3}]),
    ("* | rare 1 s", [{"s": "b", "count": 1, "share": 1 / 3}]),
    ("* | top 5 absent", []),
    ("* | stats max(n) as m by s | where m > 2", [{"s": "b", "m": 3}]),
    ("* | sort -n | limit 0", []),
    ("* | fields absent | limit 1", [{}]),
    ("* | stats count() by bin(n, 2)", [{"n": 0, "count": 1}, {"n": 2, "count": 2}]),
    ("* | drop * | limit 1", [{}]),
    ("* | let x = 2 | count by x", [{"x": 2, "count": 3}]),
    ("* | let x = 1 | stats count() by x, s", [{"x": 1, "s": "a", "count": 2}, {"x": 1, "s": "b", "count": 1}]),
    ("* | stats count() by 1 as one", [{"one": 1, "count": 3}]),
    ("* | let x = 1 | sort x, n | fields n", [{"n": 1}, {"n": 2}, {"n": 3}]),
    ('* | let x = "t" | sort -x | fields n', [{"n": 3}, {"n": 2}, {"n": 1}]),
    ("* | let x = 1 | top 3 x", [{"x": 1, "count": 3, "share": 1.0}]),
    ("* | let x = 1 | dedup x | fields n", [{"n": 1}]),
    ('* | stats distinct(n) as d | where d like "3%"', [{"d": 3}]),
]


@pytest.mark.parametrize(("text", "expected"), STAGES)
def test_stages(text: str, expected: list[dict[str, Any]]) -> None:
    """Each stage, alone and after others."""
    source = events({"n": 1, "s": "a"}, {"n": 2, "s": "a"}, {"n": 3, "s": "b"})
    assert ask(source, text).rows == expected


SEARCHES = [
    ("error", "Error: x"),
    ("err*", "Error: x"),
    ("*ror", "Error: x"),
    ("*rro*", "Error: x"),
    ('"error: x"', "Error: x"),
    ("part-00012", "part-00012 ok"),
    ('~"^part-0*12 "', "part-00012 ok"),
    ("a_b", "see a_b"),
    ("50%", "50% off"),
    ("wörd", "ein wörd"),
]


@pytest.mark.parametrize(("text", "expected"), SEARCHES)
def test_searches_of_the_message(text: str, expected: str) -> None:
    """Words, parts of words, phrases and expressions find what they name and nothing near it."""
    near = ["terrors", "part-000123 ok", "see aXb", "50 off", "swörder", "xa_by", "\u212aelvin"]
    source = events(*({"message": text} for text in [*dict.fromkeys(each for _, each in SEARCHES), *near]))
    found = column(source, text, "message")
    assert expected in found
    assert not set(found) & (set(near) - ({"terrors"} if text == "*rro*" else set()))


def test_case_is_ignored_for_ascii_only() -> None:
    """The Kelvin sign is no k, and a capital Ö no ö."""
    source = events({"message": "\u212aelvin"}, {"message": "KELVIN"}, {"message": "WÖRD"}, {"message": "WöRD"})
    assert column(source, "kelvin", "message") == ["KELVIN"]
    assert column(source, "wörd", "message") == ["WöRD"]


def test_a_number_in_quotes_on_a_field_of_numbers_is_noticed() -> None:
    """Text never equals a number, so nothing is found; the notice says why, in searches and in expressions."""
    source = events({"status": 500}, {"status": 404})
    for text in ('status:"500"', '* | where status == "500"', '* | where "500" != status'):
        (notice,) = ask(source, text).facts.notices
        assert notice.message == 'status holds numbers, and "500" in quotes is text'
        assert text[notice.span.start : notice.span.end] == '"500"'
    mixed = events({"status": 500}, {"status": "500"})
    assert ask(mixed, 'status:"500"').facts.notices == ()
    assert ask(source, "status:500").facts.notices == ()


def test_an_empty_window_has_no_unknown_fields() -> None:
    """Where there are no events, a field that is not there is no mistake."""
    source = events({"status": 500, "time": NOW_NS - 7200 * SECOND})
    assert ask(source, "time:5m nosuch:1").facts.notices == ()
    assert len(ask(source, "nosuch:1").facts.notices) == 1


def test_an_export_has_all_rows_newest_first_in_slices(tmp_path: Path) -> None:
    """Without a limit on rows, across slices of time; a limit that is asked for holds."""
    rows = 2 * EXPORT.first_rows * 8
    numbers = np.arange(rows, dtype=np.int64)
    tags, nothing = pa.array(["app"]).take(pa.array(numbers * 0)), pa.nulls(rows, pa.string())
    times = pa.array(NOW_NS - numbers[::-1] * SECOND, pa.int64()).cast(ARROW_TYPES[Kind.TIME])
    table = pa.table(
        [times, pa.array(numbers + 1), tags, nothing, nothing], names=[each.name for each in FIXED_COLUMNS]
    )
    piece = part(tmp_path / "p.parquet", batch_from_table(table, FIXED_COLUMNS), 8192)
    with engine_of(in_memory(parts=(piece,))) as engine:
        with engine.query(Request("*", is_export=True)) as answer:
            assert len(list(answer._work.statements())) > 1
            found = answer.table().column("time").cast(pa.int64()).to_numpy()
            assert (found == NOW_NS - numbers * SECOND).all()
            assert (answer.facts().rows, answer.facts().cut, answer.facts().seq) == (rows, False, rows)
        with engine.query(Request("*", limit=3, is_export=True)) as answer:
            assert (answer.table().num_rows, answer.facts().cut) == (3, True)
        with engine.query(Request("* | count", is_export=True)) as answer:
            assert answer.table().column("count").to_pylist() == [rows]


def test_an_export_may_take_longer_than_a_query() -> None:
    """Each has a limit of its own, and the message names the one that was meant."""
    engine = Engine(events({"n": 1}), Limits(time_s=60, export_time_s=0.000001), SystemClock())
    try:
        assert read(engine, "*").rows
        with engine.query(Request("*", is_export=True)) as answer, pytest.raises(LimitExceededError, match="1e-06"):
            answer.table()
    finally:
        engine.close()
