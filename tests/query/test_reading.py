"""Tests of query.reading."""

from pathlib import Path

import pytest

from logstore.errors import QueryError
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.reading import Yields, read_query
from tests.query.lang.test_docs import EXAMPLES
from tests.scripts.script import read_script

NOW = 1_795_341_600_000_000_000
HOUR = TimeSpan(NOW - 3600 * 10**9, NOW + 1)
SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.logtest"))


def read(text, window=HOUR):
    """What the text says, asked of the last hour."""
    return read_query(text, NOW, window)


@pytest.mark.parametrize(
    ("text", "yields", "is_live"),
    [
        ("", Yields.EVENTS, True),
        ("level:error | where took > 5 | fields time, took", Yields.EVENTS, True),
        ("level:error | sort -took | limit 5", Yields.EVENTS, False),
        ("panic | context 5", Yields.EVENTS, False),
        ("a | union (b | context 2)", Yields.EVENTS, False),
        ("* | count by bin(1m), level", Yields.SERIES, False),
        ("* | stats max(took) by bin(time, 1h) as at | rename at as hour | sort -hour", Yields.SERIES, False),
        ("* | count by bin(1m) | compare 1d", Yields.SERIES, False),
        ("* | count by bin(1m) | fields count", Yields.ROWS, False),
        ("* | count by bin(1m), tag | top 3 tag", Yields.ROWS, False),
        ("* | count by bin(took, 100)", Yields.ROWS, False),
        ("* | count", Yields.ROWS, False),
        ("* | patterns", Yields.ROWS, False),
        ("* | sessions user gap 5m", Yields.ROWS, False),
    ],
)
def test_it_is_known_what_the_rows_will_be(text, yields, is_live):
    """Lines, points over time or other rows; and whether a live tail gives them."""
    reading = read(text)
    assert (reading.yields, reading.is_live) == (yields, is_live)


def test_stages_and_fields_are_those_of_the_text():
    """Stages with their places, fields once each, those of queries inside it too."""
    text = "level:error  |  json payload | count by `odd name`, level\n| join (a:1 | count by level) on level"
    reading = read(text)
    assert [(stage.name, text[stage.span.start : stage.span.end]) for stage in reading.stages] == [
        ("json", "json payload"),
        ("count", "count by `odd name`, level"),
        ("join", "join (a:1 | count by level) on level"),
    ]
    assert reading.fields == ("level", "payload", "odd name", "a")
    assert reading.search == "level:error"
    assert parse(reading.canonical) == parse(text)


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        ("error | cuont", 8, "unknown stage cuont"),
        ("* | count by tag\n| where levle == 1", 25, "there is no field levle here"),
        ("x a:in(b)", 2, "a query inside in(...) must have exactly one column"),
        ("* | count | union (*)", 12, "events with all their fields do not go together with groups"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, start, message):
    """Also what only the columns of the rows tell."""
    with pytest.raises(QueryError) as caught:
        read(text)
    assert (caught.value.message, caught.value.text, caught.value.span.start) == (message, text, start)


def test_a_rate_needs_a_window_that_ends():
    """So whether a text is a query may depend on the window."""
    assert read("* | stats rate()").yields is Yields.ROWS
    with pytest.raises(QueryError, match="length of time"):
        read("* | stats rate()", EVERYTHING)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_is_read_is_what_can_be_asked(script):
    """In the scripts of the language: what has rows is a query, what has an error below it is none."""
    for block in read_script(script):
        if block.verb == "query":
            read(block.text, EVERYTHING)
        elif block.verb == "error":
            with pytest.raises(QueryError):
                read(block.text, EVERYTHING)


@pytest.mark.parametrize("text", EXAMPLES)
def test_queries_of_the_documentation_are_read(text):
    """And laid out as what they are."""
    assert parse(read(text).canonical) == parse(text)
