"""Tests of query.lang.layout."""

from hypothesis import given, settings

from query.lang.layout import MOST_COLUMNS, laid_out
from query.lang.parse import parse
from query.lang.unparse import unparse
from tests.query.lang.strategies import queries


@given(queries)
@settings(max_examples=100)
def test_a_laid_out_query_is_the_same_query(query):
    """It reads back as the tree that it was made of, and is laid out already."""
    text = laid_out(query)
    assert parse(text) == query
    assert laid_out(parse(text)) == text


def test_a_short_query_stays_on_its_line():
    """However many stages it has, and however it was written."""
    assert laid_out(parse("level:error\n|  count  by tag\n| sort -count")) == "level:error | count by tag | sort -count"


def test_a_long_query_has_a_line_for_each_stage():
    """The pipes stand below each other; a query inside a stage stays on its line."""
    text = "level:error service:(checkout, cart) | where took > 250 | join (tag:deploy | count by service) on service"
    assert laid_out(parse(text)).splitlines() == [
        "level:error service:(checkout, cart)",
        "| where took > 250",
        "| join (tag:deploy | count by service) on service",
    ]


def test_a_long_search_stays_as_it_is():
    """There is nothing to begin a line with."""
    text = unparse(parse(" ".join(f"word{number}" for number in range(30))))
    assert len(text) > MOST_COLUMNS
    assert laid_out(parse(text)) == text
