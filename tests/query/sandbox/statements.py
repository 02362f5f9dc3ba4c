"""Asking SQL of small stores made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from logstore.clock import SystemClock
from query.engine import Engine
from query.execution.limits import Limits
from query.sandbox.door import SqlRequest
from tests.query.sql.laid_down import NOW_NS, Asked, Held, taken


@contextmanager
def fenced(source: Held, readable: Sequence[str] = (), limits: Limits | None = None) -> Iterator[Engine]:
    """An engine that may read files in these directories."""
    engine = Engine(source, limits or Limits(), SystemClock(), readable=readable)
    try:
        yield engine
    finally:
        engine.close()


def select(source: Held, text: str, readable: Sequence[str] = (), limit: int | None = None) -> Asked:
    """The whole answer to one statement."""
    with fenced(source, readable) as engine, engine.sql(SqlRequest(text, limit=limit, now_ns=NOW_NS)) as answer:
        return taken(answer)
