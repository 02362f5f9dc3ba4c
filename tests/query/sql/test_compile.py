"""Tests of query.sql.compile: how events are found again whose numbers are known."""

from __future__ import annotations

import pytest

from logstore.model.timespan import EVERYTHING
from query.lang.parse import parse
from query.plan.lower import lower
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.sql.compile import Extent, compile_plan
from tests.query.sql.laid_down import NOW_NS, batch, in_memory

_ONLY = (5, 3, 2)


def _sql(text: str, more: frozenset[str] = frozenset()) -> str:
    """The statement for three events of a store whose batch keeps some fields in `_more`."""
    held = in_memory(batch([{"n": k, "rare": "x", "message": "m"} for k in range(6)], more)).held
    extent = Extent(window=EVERYTHING, most_rows=3, only=_ONLY, is_early=True)
    return compile_plan(optimise(lower(parse(text), NOW_NS, EVERYTHING)), Pruning(held), extent).sql


@pytest.mark.parametrize("text", ["*", "n:>1 tag:app", "rare:x"])
def test_simple_filters_find_events_between_numbers(text: str) -> None:
    """They are the first of those that the filter lets through."""
    assert "BETWEEN 2 AND 5" in _sql(text)
    assert " IN (" not in _sql(text)


def test_other_filters_are_tested_on_these_events_alone() -> None:
    """Searches in texts, and fields that must be looked up among those that have no column."""
    assert " IN (5, 3, 2)" in _sql("m n:>1")
    assert " IN (5, 3, 2)" in _sql("rare:x", frozenset({"rare"}))
    assert "BETWEEN 2 AND 5" in _sql("n:>1", frozenset({"rare"}))
