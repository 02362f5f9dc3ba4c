"""Templates that are one are joined, and are written down for people and for searches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.lang.parse import parse
from query.lang.unparse import unparse
from query.patterns.bounds import Bounds
from query.patterns.masks import REST, WILD
from query.patterns.mined import Cluster
from query.patterns.plain import Miner
from query.patterns.templates import joined, search_for, text_of
from tests.query.patterns.lines import mined, odd_texts, once

_WILD, _REST = bytes((WILD,)), bytes((REST,))


def _joined(*texts: str) -> list[tuple[str, int]]:
    return [(text_of(each.tokens), each.count) for each in joined(mined(Miner(Bounds()), [once(*texts)]))]


def test_names_in_front_are_wildcards_where_there_are_many():
    """Five names are joined; four verbs are told apart."""
    assert _joined(*(f"{name} logged in" for name in ("ann", "bob", "eve", "kim", "lin"))) == [("<*> logged in", 5)]
    verbs = ("opened", "closed", "resumed", "expired")
    assert sorted(_joined(*(f"session {verb} now" for verb in verbs))) == sorted(
        (f"session {verb} now", 1) for verb in verbs
    )


def test_names_are_no_names_without_words_around_them():
    """Else all short lines would be one."""
    assert len(_joined("a 1", "b 2", "c 3", "d 4", "e 5", "f 6")) == 6


def test_equal_templates_are_one():
    """Counts and times are those of both, the example is the newer one."""
    one, other = Cluster((b"a",), 1, 5, 6, b"x"), Cluster((b"a",), 2, 3, 4, b"y")
    assert joined([one, other]) == joined([other, one]) == [Cluster((b"a",), 3, 3, 6, b"x")]


def test_the_most_frequent_come_first():
    """Equal counts by their text."""
    clusters = [Cluster((name,), count, 0, 0, b"") for name, count in ((b"b", 1), (b"c", 2), (b"a", 1))]
    assert [cluster.tokens for cluster in joined(clusters)] == [(b"c",), (b"a",), (b"b",)]


@pytest.mark.parametrize(
    ("tokens", "field", "expected"),
    [
        ((b"a.b", b"c=" + _WILD), None, r'~"^\s*a\.b\s+c=\S*\s*$"'),
        ((_WILD, b'"x"'), "url", r'url:~"^\s*\S+\s+\"x\"\s*$"'),
        ((b"a", _REST), "odd name", r'`odd name`:~"^\s*a\s"'),
        ((_REST,), None, r'~"^\s*"'),
        ((), None, r'~"^\s*\s*$"'),
        ((b"\x00\x1b[",), None, r'~"^\s*\x00\x1b\[\s*$"'),
    ],
)
def test_searches_are_spelled_as_queries(tokens, field, expected):
    """Special characters are escaped, wildcards are expressions."""
    assert search_for(tokens, field) == expected


@given(texts=st.lists(odd_texts, max_size=5))
def test_every_search_is_a_query(texts):
    """In canonical spelling."""
    for cluster in joined(mined(Miner(Bounds()), [once(*texts)])):
        search = search_for(cluster.tokens, None)
        assert unparse(parse(search)) == search
