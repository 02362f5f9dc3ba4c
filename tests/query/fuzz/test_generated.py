"""Questions that nobody would think of: whole ones and broken ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from query.engine import Engine
from tests.query.fuzz import mutations, queries
from tests.query.fuzz.outcome import outcome
from tests.query.fuzz.store import odd_store

_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine over a store with values of every kind."""
    with odd_store(tmp_path_factory.mktemp("store")) as engine:
        yield engine


@given(text=queries.texts)
@settings(max_examples=60, deadline=None, derandomize=True, phases=_PHASES, suppress_health_check=list(HealthCheck))
def test_what_the_grammar_allows_is_answered_or_refused(text: str, engine: Engine):
    """Every stage and function, in every combination."""
    outcome(engine, text)


@given(text=mutations.texts)
@settings(max_examples=150, deadline=None, derandomize=True, phases=_PHASES, suppress_health_check=list(HealthCheck))
def test_what_is_broken_is_refused_or_means_something(text: str, engine: Engine):
    """No text whatever makes the engine stumble."""
    outcome(engine, text)
