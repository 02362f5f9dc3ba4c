"""Tests of logstore.app.completion."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.app.completion import narrowing, of_fields, of_language
from query.lang.functions import AGGREGATES, FUNCTIONS
from query.lang.parse import parse
from query.lang.situation import situation_at
from query.lang.stages import STAGES
from query.results.fields import KnownField


def labels(text):
    """The words of the language that are offered behind a text."""
    return [each.label for each in of_language(situation_at(text, len(text)))]


def test_all_stages_are_offered_behind_a_pipe():
    """With what they do; and those that begin as what is written."""
    assert labels("* | ") == [*STAGES]
    assert labels("* | s") == [name for name in STAGES if name.startswith("s")]
    (stage,) = of_language(situation_at("* | dedu", 8))
    assert (stage.kind, stage.text, stage.detail) == ("stage", "dedup ", STAGES["dedup"])


def test_functions_are_offered_where_they_can_be_called():
    """Aggregates in `stats` alone; each with how it is called."""
    assert set(labels("* | where ")) >= {*FUNCTIONS, "not", "null", "true"}
    assert {*labels("* | stats ")} == {*AGGREGATES, "p50", "p90", "p95", "p99"}
    call, *_ = of_language(situation_at("* | where bin", 13))
    assert (call.kind, call.text, call.doc) == ("function", "bin(", "bin(width) or bin(x, width) gives any")
    assert [each.text for each in of_language(situation_at("* | where now", 13))] == ["now()"]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("a A", ["AND"]),
        ("a ", ["AND", "OR", "NOT", "|"]),
        ("* | where status is n", ["not", "null"]),
        ("* | stats count() ", ["|", "by", "as"]),
        ("* | sessions user ", ["gap"]),
        ("* | dedup user ", ["|", "keep newest"]),
        ("time:", ["15m", "1h", "1d"]),
        ("* | limit ", []),
    ],
)
def test_words_are_offered_where_they_fit(text, offered):
    """By the parser, so that none is offered elsewhere."""
    assert labels(text) == offered


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["a b", "and", "x.y", "5", "`", "a:b"]
)


@given(NAMES)
@settings(max_examples=200)
def test_names_are_spelled_so_that_they_are_read_as_what_they_are(name):
    """In a search and behind it."""
    known = [KnownField(name, ())]
    (term,) = of_fields(situation_at("", 0), known)
    assert name == "time" or parse(f"{term.text}x").search.field.name == name
    (field,) = of_fields(situation_at("* | sort ", 9), known)
    assert parse(f"* | sort {field.text}").stages[0].keys[0].field.name == name


def test_fields_that_begin_so_come_first():
    """Then those that hold what is written."""
    known = [KnownField(name, ()) for name in ("my_status", "other", "Status")]
    assert [each.label for each in of_fields(situation_at("stat", 4), known)] == ["Status", "my_status"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("level:error service:we", "level:error "),
        ('a "b c" service:"we', 'a "b c" '),
        ("took:>5 f:>=3", "took:>5 "),
        ("a OR service:we", "*"),
        ("(a service:we", "*"),
        ("-service:we", "*"),
        ("a | where service == ", "*"),
        ("`odd name`:x", ""),
    ],
)
def test_values_are_those_of_what_the_terms_before_find(text, query):
    """Where that is sure; else those of all events."""
    situation = situation_at(text, len(text))
    assert narrowing(text, situation.start, situation.field) == query
