"""Fields out of JSON and logfmt text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.query.sql.laid_down import Json, ask, batch, column, events, in_memory, part


def _of(**fields: object) -> dict[str, object]:
    return {"message": json.dumps(fields)}


def test_fields_that_are_named_become_columns() -> None:
    """With the kinds that they were sent with; integers exactly, nested ones under names with dots."""
    source = events(_of(status=2**53 + 1, http={"path": "/a", "tls": True}, list=[1, {"a": 2}], ratio=0.5, none=None))
    (row,) = ask(source, "* | json | fields status, http.path, http.tls, list, ratio, none, http").rows
    assert row == {
        "status": 2**53 + 1, "http.path": "/a", "http.tls": True, "list": Json('[1,{"a":2}]'), "ratio": 0.5,
    }  # fmt: skip


def test_fields_that_nobody_names_are_there_too() -> None:
    """In the map for such fields, but for those that the row has in a column, or that have been named."""
    source = events({**_of(a=1, b="x", n=5, deep={"er": [2]}), "n": 7}, {"message": "plain", "n": 8})
    first, second = reversed(ask(source, "* | json | where a == 1 or n == 8").rows)
    assert (first["a"], first["n"]) == (1, 7)
    assert first["_more"] == {"b": '"x"', "deep.er": "[2]"}
    assert "_more" not in second


def test_what_a_row_has_stays(tmp_path: Path) -> None:
    """A key fills a field where it is missing, wherever the field is kept; with a prefix both are there."""
    rows = [{**_of(n=1, rare=1), "n": 7, "rare": 8}, _of(n=2, rare=2)]
    for made in (batch(rows), batch(rows, more=frozenset({"rare"}))):
        for source in (in_memory(made), in_memory(parts=[part(tmp_path / "p", made)])):
            assert column(source, "* | json | where n > 0", "n") == [2, 7]
            assert column(source, "* | json | where rare > 0 | sort n", "rare") == [2, 8]
            assert column(source, "* | json as j | where j.rare < 9 | fields j.n | sort j.n", "j.n") == [1, 2]
            shown = ask(source, "* | json").rows
            assert [str(row.get("rare", row.get("_more", {}).get("rare"))) for row in shown] == ["2", "8"]


def test_time_and_tag_are_the_events_own() -> None:
    """Levels are read as intake reads them, and a message is text."""
    source = events({"message": None, "body": json.dumps({"time": "x", "tag": "y", "level": "WARNING", "message": 5})})
    (row,) = ask(source, "* | json body").rows
    assert (row["tag"], row["level"], row["message"]) == ("app", "warn", "5")
    assert column(source, '* | json body | where level >= "warn" | count', "count") == [1]
    assert column(source, "* | json body as b | fields b.time", "b.time") == ["x"]


def test_what_is_no_object_is_counted() -> None:
    """Text that is no JSON, JSON that is no object, other values; not what is missing, and not the empty object."""
    texts = ["no", "[1]", "3", '{"a":', "", "{}", ' \t{"a": 1}']
    answer = ask(events(*({"message": text} for text in texts), {"message": None}), "* | json | fields a")
    assert [row["a"] for row in answer.rows if row] == [1]
    assert answer.facts.could_not_compute == 5
    assert ask(events({"n": 5}, {}), "* | json n | fields a").facts.could_not_compute == 1


def test_keys_may_be_anything() -> None:
    """Dots inside of them, quotes, wildcards, no characters at all, and twice the same."""
    for key in ("a.b", "it's", 'q"q', "*", "$", "a*", "back\\slash", "[0]", "", "x..y", "a.b.c.d.e.f.g", "日本"):
        escaped = key.replace("\\", "\\\\").replace("`", "\\`")
        assert column(events(_of(**{key: 5, "b": 6})), f"* | json | fields `{escaped}`", key) == [5], key
    assert column(events({"message": '{"a": 1, "a": 2}'}), "* | json", "_more") == [{"a": "1"}]


def test_objects_are_flattened_to_some_depth() -> None:
    """What lies deeper stays JSON text, in a column as in the map."""
    source = events(_of(a={"b": {"c": {"d": {"e": {"f": 1}}}}}, x={"b": {"c": {"d": {"e": 2}}}}))
    assert column(source, "* | json", "_more") == [{"a.b.c.d.e.f": "1", "x.b.c.d.e": "2"}]
    deeper = events(_of(a={"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}))
    assert column(deeper, "* | json | fields a.b.c.d.e.f", "a.b.c.d.e.f") == [Json('{"g":1}')]
    assert column(deeper, "* | json", "_more") == [{"a.b.c.d.e.f": '{"g":1}'}]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("a=1 b=x", {"a": 1, "b": "x"}),
        ('level=warn msg="two words" took=1.5', {"level": "warn", "msg": "two words", "took": 1.5}),
        ('q="say \\"a=1\\" b=2" c=3', {"q": 'say "a=1" b=2', "c": 3}),
        ('"a=1" b=2', {"b": 2}),
        ('a= a="" b=1 a=2 a=3', {"a": 2, "b": 1}),
        ("words and a=1, more", {"a": "1,"}),
        ('a= b="" =c d', {}),
        ("n=9007199254740993 t=true h=0x1f z=007", {"n": 9007199254740993, "t": True, "h": "0x1f", "z": "007"}),
        ('open="never closed', {}),
    ],
)
def test_logfmt(text: str, fields: dict[str, object]) -> None:
    """Pairs parted by white space; quotes hold white space, escapes and what looks like pairs."""
    source = events({"message": text})
    names = sorted({*fields, "d", "open", "a", "b"})
    assert ask(source, f"* | logfmt | fields {', '.join(names)}").rows == [fields]
    more = ask(source, "* | logfmt").rows[0].get("_more", {})
    assert {name: json.loads(value) for name, value in more.items()} == {
        k: v for k, v in fields.items() if k != "level"
    }


def test_a_text_without_pairs_is_no_failure() -> None:
    """Only what is no text is."""
    answer = ask(events({"message": "none"}, {"v": 5}, {"v": "a=1"}), "* | logfmt v | fields a")
    assert answer.facts.could_not_compute == 1
    assert [row.get("a") for row in answer.rows] == [1, None, None]


def test_fields_may_come_after_columns_were_settled() -> None:
    """Chosen columns keep their order, and any field may follow."""
    answer = ask(events({**_of(x=1, a=2), "z": 3}), "* | fields z, message | json | where x == 1")
    assert answer.columns[:2] == ("z", "message")
    assert (answer.rows[0]["x"], answer.rows[0]["_more"]) == (1, {"a": "2"})
    assert not answer.facts.notices
