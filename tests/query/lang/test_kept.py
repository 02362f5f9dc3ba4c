"""Syntax trees that are kept."""

from __future__ import annotations

import dataclasses

import pytest

from logstore.errors import QueryError
from query.lang import nodes
from query.lang.kept import LONGEST, MOST_CHARACTERS, KeptTrees
from query.lang.parse import parse


def test_a_text_that_is_asked_again_has_the_same_tree() -> None:
    """It is parsed once, and the tree is what parsing gives."""
    kept = KeptTrees()
    first = kept.parse("level:error | count by method")
    assert kept.parse("level:error | count by method") is first
    assert first == parse("level:error | count by method")


def test_trees_cannot_be_changed() -> None:
    """They are shared by all who ask, so every node is frozen, and what it holds is frozen too."""
    names = [getattr(nodes, name) for name in nodes.__all__]
    classes = [each for each in names if isinstance(each, type) and dataclasses.is_dataclass(each)]
    assert classes
    for each in classes:
        assert each.__dataclass_params__.frozen, each  # type: ignore[attr-defined]
        for field in dataclasses.fields(each):
            assert not any(word in str(field.type) for word in ("list[", "dict[", "set[")), field


def test_errors_are_told_each_time() -> None:
    """A text that is wrong is wrong again."""
    kept = KeptTrees()
    for _ in range(2):
        with pytest.raises(QueryError, match="unknown stage") as caught:
            kept.parse("* | cuont")
        assert caught.value.text == "* | cuont"
    assert len(kept) == 0


def test_what_is_kept_is_bounded() -> None:
    """However many texts come, and however long, those asked last are kept and no more of them than the bound."""
    kept = KeptTrees()
    for number in range(3_000):
        kept.parse(f"id:{number}")
    assert len(kept) < MOST_CHARACTERS / 64
    last = kept.parse("id:2999")
    assert kept.parse("id:2999") is last
    for letter in "abcdefgh":
        kept.parse(letter * LONGEST)
    assert len(kept) == 3
    kept.parse("a" * (LONGEST + 1))
    assert len(kept) == 3


def test_what_is_asked_often_is_kept_longest() -> None:
    """The text that nobody asked for longest goes first."""
    kept = KeptTrees()
    often = kept.parse("often")
    for number in range(3_000):
        kept.parse(f"id:{number}")
        assert kept.parse("often") is often
