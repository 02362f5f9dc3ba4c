"""Each trap gives an answer, or an error for whoever asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from query.engine import Engine
from tests.query.fuzz.outcome import outcome
from tests.query.fuzz.store import odd_store
from tests.query.fuzz.traps import TRAPS


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine over a store with values of every kind."""
    with odd_store(tmp_path_factory.mktemp("store")) as engine:
        yield engine


@pytest.mark.parametrize("text", TRAPS, ids=range(len(TRAPS)))
def test_a_trap_is_answered_or_refused(text: str, engine: Engine):
    """Nothing but rows and errors of the caller's family comes out."""
    outcome(engine, text)
