"""The same question twice: once with its rows taken where they can be, once by statements alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pyarrow as pa
import pytest

from query.engine import Engine, Request
from query.results.facts import Facts
from tests.logstore.model.batches import plain_times


@dataclass(frozen=True, slots=True)
class Told:
    """An answer read to its end.

    Attributes:
        schema: of its batches.
        rows: as text, which tells -0.0 from 0.0 and holds NaN to be like NaN.
        facts: but for the time that it took, and the name of the snapshot.
        is_taken: whether its rows were taken without a statement.
    """

    schema: pa.Schema
    rows: list[str]
    facts: Facts
    is_taken: bool


def told(engine: Engine, request: Request) -> Told:
    """What an engine answers."""
    with engine.query(request) as answer:
        table, facts = answer.table(), answer.facts()
        rows = [repr(row) for row in plain_times(table).to_pylist()]
        return Told(table.schema, rows, replace(facts, elapsed_ns=0, snapshot=""), answer.work.wanted is not None)


@contextmanager
def by_statements_alone() -> Iterator[None]:
    """No rows are taken within."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("query.work.taker", lambda: None)
        yield


def the_same(engine: Engine, request: Request) -> Told:
    """What an engine answers, which must be the same by statements alone."""
    taken = told(engine, request)
    with by_statements_alone():
        other = told(engine, request)
    assert not other.is_taken
    assert taken.schema.equals(other.schema, check_metadata=True)
    assert taken.rows == other.rows
    assert taken.facts == other.facts
    return taken
