"""The laws of the language: text and tree are two forms of one thing, and no text breaks the parser."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logstore.errors import QueryError
from query.lang import limits
from query.lang import nodes as n
from query.lang.parse import parse
from query.lang.unparse import unparse
from tests.query.lang.strategies import expressions, queries, searches, stages


@given(searches)
@settings(max_examples=200)
def test_search_survives_text(search):
    """A search reads back as the tree that it was written from."""
    query = n.Query(search)
    assert parse(unparse(query)) == query


@given(expressions)
@settings(max_examples=200)
def test_expression_survives_text(expression):
    """An expression reads back as the tree that it was written from."""
    query = n.Query(n.Everything(), (n.Where(expression),))
    assert parse(unparse(query)) == query


@given(stages)
@settings(max_examples=200)
def test_stage_survives_text(stage):
    """A stage reads back as the tree that it was written from."""
    query = n.Query(n.Everything(), (stage,))
    assert parse(unparse(query)) == query


@given(queries)
@settings(max_examples=100)
def test_query_survives_text(query):
    """Whole queries, subqueries included, read back; and their text is canonical already."""
    text = unparse(query)
    assert parse(text) == query
    assert unparse(parse(text)) == text


def _outcome(text: str) -> n.Query | QueryError:
    """The tree of `text`, or the one kind of error that parsing may end with."""
    try:
        return parse(text)
    except QueryError as error:
        return error


def _never_breaks(text: str) -> None:
    """Parses `text`: a tree must survive its text, an error must have a place in the text and a message."""
    outcome = _outcome(text)
    if isinstance(outcome, n.Query):
        assert parse(unparse(outcome)) == outcome
        return
    assert outcome.message
    assert outcome.span is None or 0 <= outcome.span.start <= outcome.span.end <= len(text)
    assert outcome.diagram()


@given(st.text(max_size=40))
@settings(max_examples=200)
def test_any_text_parses_or_is_refused(text):
    """Random text is a query or a `QueryError`, never anything else."""
    _never_breaks(text)


_TOKENS = (
    *("a", "b*", "*c", '"d e"', '~"f"', "-", "-x", "NOT", "OR", "AND", "and", "(", ")", "|", "||", ",", ":", "::"),
    *(
        "level:",
        "level:error",
        "f:>5",
        "f:1..2",
        "..",
        "f:(",
        "f:in(",
        "time:5m",
        "time:",
        '"',
        "`",
        "`a`",
        "\\",
        "\\d",
    ),
    *("=", "==", "!=", "!", "~", "!~", "<", ">", "<=", "+", "*", "/", "%", "??", "5", "5m", "1.5", ".5", "1e9", "5xx"),
    *("null", "true", "where", "let", "fields", "drop", "rename", "stats", "count", "count()", "sum(x)", "top", "rare"),
    *("sort", "limit", "dedup", "by", "as", "keep", "newest", "in", "not", "between", "like", "is", "x", "y", "'z'"),
    *("@t", "user-agent", "if(", "extract(", "p99(", "bin(1m)", "time", "2026-11-22", "2026-11-22T10:00Z", "&&", "=>"),
    *("<>", "^", "\u201c", "\xa0", "\x00", "é"),
)


@given(st.lists(st.sampled_from(_TOKENS), max_size=14), st.sampled_from((" ", "", " | ")))
@settings(max_examples=500)
def test_any_tokens_parse_or_are_refused(tokens, glue):
    """Pieces of the language in any order are a query or a `QueryError`."""
    _never_breaks(glue.join(tokens))


@given(queries, st.data())
@settings(max_examples=200)
def test_mutated_queries_parse_or_are_refused(query, data):
    """A query with characters cut out and put in is still a query, or a `QueryError`."""
    text = unparse(query)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    _never_breaks(text[:start] + data.draw(st.text("\"'`\\()|,:*-. =x", max_size=2)) + text[end:])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 30_000,
        "-(" * 30_000 + "a",
        "NOT " * 15_000 + "a",
        "f:in(" * 12_000 + "a",
        "(" * 30_000 + "a" + ")" * 30_000,
        '"' * 65_535,
        '"' + "\\" * 65_000,
        "\\" * 65_535,
        "a" * 65_000 + ",",
        "a:" * 30_000,
        "a " * 32_000,
        "a OR " * 13_000 + "a",
        "." * 65_000,
        "* | where " + "(" * 60_000,
        "* | where " + "not " * 16_000 + "x",
        "* | where " + "-" * 60_000 + "x",
        "* | where " + "x + " * 16_000 + "x",
        "* | where " + "x and " * 10_000 + "x",
        "* | where " + "f(" * 30_000,
        "* | where " + "if(" * 20_000 + "x",
        "* | where x > " + "9" * 60_000,
        "* | limit " + "9" * 60_000,
        "* " + "| limit 5 " * 6_000,
        "*" * 65_000,
        "f:" + "*?" * 32_000,
        "`" * 65_001,
        "\n" * 65_536,
        "level: " * 9_000,
    ],
    ids=lambda text: f"{text[:14]!r}",
)
@pytest.mark.timeout(20)
def test_long_and_deep_texts_end(text):
    """Texts made to hurt (long, deep, unfinished) are parsed or refused in moderate time, never by recursion."""
    outcome = _outcome(text)
    assert isinstance(outcome, n.Query) or outcome.diagram()


@given(st.integers(1, 300))
@example(98)
@example(99)
@settings(max_examples=20)
def test_depth_has_a_limit(depth):
    """Nesting up to the limit works in both directions; beyond it is a `QueryError`."""
    text = "* | where " + "not " * depth + "x"
    outcome = _outcome(text)
    if isinstance(outcome, n.Query):
        assert unparse(outcome) == text
        assert depth < limits.MAX_DEPTH
    else:
        assert "nested" in outcome.message
        assert depth > limits.MAX_DEPTH - 5
