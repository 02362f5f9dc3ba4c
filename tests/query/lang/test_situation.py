"""Tests of query.lang.situation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query.lang.situation import Situation, situation_at
from query.lang.unparse import unparse
from tests.query.lang.strategies import queries


def at_end(text):
    """The situation behind all of a text."""
    return situation_at(text, len(text))


@pytest.mark.parametrize(
    ("text", "typed", "field", "accepted"),
    [
        ("", "", None, "BARE"),
        ("level:error ser", "ser", None, "FIELD"),
        ("a ", "", None, "_OR"),
        ("a OR -lev", "lev", None, "FIELD"),
        ("level:", "", "level", "VALUE"),
        ("level:>=wa", "wa", "level", "VALUE"),
        ("`odd name`:we", "we", "odd name", "VALUE"),
        ("user\\-agent:cu", "cu", "user-agent", "VALUE"),
        ('f:"a \\"b', 'a "b', "f", "QUOTED_VALUE"),
        ("f:a\\ b", "a b", "f", "VALUE"),
        ("f:(a, b", "b", "f", "CHOICE"),
        ('f:(a, "b c', "b c", "f", "STRING"),
        ("f:1..2", "2", "f", "VALUE"),
        ("`odd na", "odd na", None, "QUOTED_FIELD"),
        ("f:in(g:x", "x", "g", "VALUE"),
        ("* | ", "", None, "WHERE"),
        ("* | cou", "cou", None, "COUNT"),
        ("* | join (a | to", "to", None, "TOP"),
        ("* | where sta", "sta", None, "QUOTED_NAME"),
        ("* | where `a b", "a b", None, "QUOTED_NAME"),
        ("* | where status li", "li", None, "_LIKE"),
        ('* | where path == "/a', "/a", "path", "STRING"),
        ('* | where `a b` != "x', "x", "a b", "STRING"),
        ("* | stats p9", "p9", None, "NAME"),
        ("* | stats count() b", "b", None, "_BY"),
        ("* | sessions user g", "g", None, "_GAP"),
        ("* | sort -ti", "ti", None, "NAME"),
        ("* | fields a, b", "b", None, "PREFIX"),
    ],
)
def test_the_parser_says_what_may_stand_there(text, typed, field, accepted):
    """What is written there already, whose value it is, and what else may be."""
    found = at_end(text)
    assert (found.typed, found.field) == (typed, field)
    assert accepted in found.accepts


@pytest.mark.parametrize("text", ["a)b", "* | cuont | ", "* | where x =", "x" * 70_000])
def test_where_the_text_makes_no_sense_nothing_may_stand(text):
    """Whatever is offered there would be wrong."""
    assert at_end(text).accepts == frozenset()


def test_only_what_stands_before_the_cursor_matters():
    """Though more text is there."""
    assert situation_at("level:error | count", 8) == at_end("level:er")


@given(queries, st.data())
@settings(max_examples=100)
def test_any_place_of_any_query_has_a_situation(query, data):
    """What is being written begins at the cursor or before it, and behind it the query goes on."""
    text = unparse(query)
    cursor = data.draw(st.integers(0, len(text)))
    found = situation_at(text, cursor)
    assert 0 <= found.start <= cursor


@given(st.text(max_size=30))
@settings(max_examples=200)
def test_any_text_has_a_situation(text):
    """And nothing breaks."""
    assert isinstance(at_end(text), Situation)
    assert at_end(text).start <= len(text)
