"""What becomes of a question: an answer, or an error for whoever asked. Anything else fails the test."""

from __future__ import annotations

import pyarrow as pa

from logstore.errors import CallerError, QueryError
from query.engine import Engine, Request
from tests.query.differential.events import NOW_NS


def outcome(engine: Engine, text: str) -> pa.Table | CallerError:
    """The rows, or the error, which says what is wrong in words that can be shown."""
    try:
        with engine.query(Request(text, now_ns=NOW_NS)) as answer:
            table = answer.table()
            answer.facts()
    except CallerError as error:
        _must_help(error)
        return error
    return table


def _must_help(error: CallerError) -> None:
    assert error.message
    assert "Traceback" not in str(error)
    if isinstance(error, QueryError) and error.span is not None:
        assert 0 <= error.span.start <= error.span.end <= len(error.text)
        assert error.diagram()
