"""Tests of logstore.app.values."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.app.values import values_question
from logstore.errors import QueryError
from logstore.model.timespan import EVERYTHING
from query.lang import nodes as n
from query.lang.parse import parse
from query.lang.unparse import unparse
from query.plan.countable import counted_of
from query.plan.lower import lower
from query.plan.rules import optimise
from tests.query.lang.strategies import queries

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["count", "share", "a`b", 'a"b', "a|b", "a\nb", "\\", "50%", "a_b", "", "* | limit 1", "and", "by"]
)


@given(queries, TEXTS, TEXTS)
@settings(max_examples=200)
def test_a_field_and_a_prefix_are_nothing_else(query, field, prefix):
    """Whatever characters they have: the question is the query, and then stages about just that field."""
    asked = parse(values_question(unparse(query), field, prefix, 9))
    assert (asked.search, asked.stages[: len(query.stages)]) == (query.search, query.stages)
    *before, top = asked.stages[len(query.stages) :]
    assert isinstance(top, n.Top)
    assert top.limit == 10
    if prefix:
        condition = before.pop(0).condition
        assert condition.operand == n.Field(field)
        assert condition.pattern.text.endswith("%")
        assert unescaped(condition.pattern.text[:-1]) == prefix
    if field in {"count", "share"}:
        (assignment,) = before.pop(0).assignments
        assert (assignment.target, assignment.value) == (n.Field("value"), n.Field(field))
    assert before == []
    assert top.fields == (n.Field("value" if field in {"count", "share"} else field),)


def unescaped(pattern):
    """The only text that a pattern without wildcards fits."""
    text, chars = "", iter(pattern)
    for char in chars:
        assert char not in "%_"
        text += next(chars) if char == "\\" else char
    return text


@pytest.mark.parametrize(("text", "prefix"), [("", ""), ("*", "a_b%"), ("user:(a, b*)", "a"), ("user:*", "")])
def test_tallies_can_tell_the_values_of_a_field(text, prefix):
    """Where nothing else is looked at: no event is read for them then."""
    plan = optimise(lower(parse(values_question(text, "user", prefix, 9)), 0, EVERYTHING))
    assert counted_of(plan).single_field == "user"


@pytest.mark.parametrize("text", ['"', "a | cuont", "a:in(", "\\", "(", "a |"])
def test_a_text_that_is_no_query_is_not_made_one(text):
    """What comes behind it closes nothing that it leaves open."""
    with pytest.raises(QueryError) as caught:
        values_question(text, "f", "", 9)
    assert caught.value.text == text
