"""Fields out of text."""

from __future__ import annotations

import pytest

from tests.query.sql.laid_down import Json, ask, column, events


def test_a_pattern_takes_fields_out_of_the_message() -> None:
    """It fits anywhere; at its ends a piece goes to that end of the text."""
    source = events({"message": "GET /a?b=1 took 12ms (cold)"}, {"message": "started"})
    rows = ask(source, '* | parse "<method> <path> took <ms:number>ms<_>" | fields method, path, ms').rows
    assert rows == [{}, {"method": "GET", "path": "/a?b=1", "ms": 12}]
    assert column(source, '* | parse "took <x>"', "x") == [None, "12ms (cold)"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("-1.5", -1.5),
        ("250ms", 0.25),
        ("1.5h", 5400.0),
        ("10KiB", 10240.0),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_a_number_is_what_queries_write(text: str, number: float) -> None:
    """Plain ones, durations in seconds and sizes in bytes."""
    (found,) = column(events({"message": f"x={text};"}), '* | parse "x=<x:number>;"', "x")
    assert (type(found), found) == (type(number), number)


def test_what_is_no_number_is_missing_and_counted() -> None:
    """The other pieces are there; a text that does not fit is no failure."""
    answer = ask(
        events({"message": "a=1x b=2"}, {"message": "c"}), '* | parse "a=<a:number> b=<b:number>" | fields a, b'
    )
    assert answer.rows == [{}, {"b": 2}]
    assert answer.facts.could_not_compute == 1


def test_a_regular_expression_gives_its_named_groups() -> None:
    """Groups without a name, and ones that took no part, give nothing."""
    source = events({"message": "id 42"}, {"message": "id x"}, {"message": "none"})
    rows = ask(source, '* | parse ~"(id) (?:(?P<n>[0-9]+)|(?P<word>[a-z]+))" | fields n, word').rows
    assert rows == [{}, {"word": "x"}, {"n": "42"}]


def test_fields_are_replaced() -> None:
    """Also by nothing, as `let` does; `message` itself too."""
    source = events({"message": "to=me", "to": 5, "n": 7}, {"to": 6})
    assert column(source, '* | parse "to=<to>"', "to") == [None, "me"]
    assert column(source, '* | parse "=<message>"', "message") == [None, "me"]
    assert column(source, '* | parse "<a>" from n', "a") == [None, "7"]


def test_digits_and_json_are_text_and_other_kinds_are_not() -> None:
    """What has no characters to look at is counted."""
    source = events({"v": 123}, {"v": Json('["a"]')}, {"v": True}, {"v": 1.5})
    answer = ask(source, '* | parse ~"(?P<x>[0-9]+|a)" from v | fields x')
    assert answer.rows == [{}, {}, {"x": "a"}, {"x": "123"}]
    assert answer.facts.could_not_compute == 2


def test_hostile_patterns_are_only_text() -> None:
    """Characters that mean something to RE2 or to SQL mean themselves."""
    for mark in ("'", "''); --", "(.*)", "[a-z]", "\\\\d", "$", "|", "\\n", "{2}", "<<"):
        text = mark.replace("\\\\", "\\").replace("\\n", "\n").replace("<<", "<")
        assert column(events({"message": f"a{text}b"}), f'* | parse "<x>{mark}<y>"', "y") == ["b"], mark


@pytest.mark.parametrize(
    "text",
    [
        "stats avg(a) as a by b",
        "stats avg(a) as a by b | limit 1",
        "stats avg(a) as a by b | where b == 7",
        "let c = a | stats avg(c) as a by b | sort -a | limit 1",
        "where a is null or a > 0 | stats avg(a) as a by b",
        "stats avg(a) as a, exact_distinct(b / 0) as none by b",
        "stats avg(a) as a",
        "let c = b / 0 | stats max(c) as a by b",
    ],
)
def test_what_groups_were_made_of_is_counted_once(text: str) -> None:
    """However many groups are shown, if any: by the statement that groups, or by one of its own."""
    made = [{"message": f"a={'x' if n % 3 == 0 else n} b={n % 2}"} for n in range(12)]
    expected = {"none": 16, "b / 0 | stats max": 16}
    failures = next((count for part, count in expected.items() if part in text), 4)
    answer = ask(events(*made), f'* | parse "a=<a:number> b=<b:number>" | {text}')
    assert answer.facts.could_not_compute == failures
