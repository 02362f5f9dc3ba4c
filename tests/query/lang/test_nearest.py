"""Suggestions for misspelled names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.lang.nearest import distance, nearest, suggestion

words = st.text("abcX", max_size=6)


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 1), ("status", "statsu", 1), ("ca", "abc", 3)],
)
def test_distance(a, b, edits):
    """Insertions, deletions, replacements and swaps count one each."""
    assert distance(a, b) == edits


@given(words, words)
def test_distance_is_symmetric(a, b):
    """It does not matter which of two names was meant; only equal names are 0 apart."""
    assert distance(a, b) == distance(b, a) <= max(len(a), len(b))
    assert (distance(a, b) == 0) == (a == b)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("cuont", "count"),
        ("COUNT", "count"),
        ("duration", "duration_ms"),
        ("kubernetes.pod", "kubernetes.pod_name"),
        ("x", None),
        ("", None),
        ("zzz", None),
    ],
)
def test_nearest(name, near):
    """A name is offered only when it is near enough to be meant."""
    assert nearest(name, ["count", "duration_ms", "kubernetes.pod_name", "y"]) == near


def test_suggestion_knows_other_languages():
    """A name of another language leads to ours, even when misspelled; else all names are listed."""
    assert suggestion("haed", ["limit", "sort"], "stages are", {"head": "limit"}) == "did you mean limit?"
    assert suggestion("nothing", ["sort", "limit"], "stages are") == "stages are: limit, sort"
