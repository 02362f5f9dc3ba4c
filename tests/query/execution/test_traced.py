"""Tests of query.execution.traced, through the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logstore.clock import SystemClock
from logstore.errors import QueryError
from logstore.trace import Attribute
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.sandbox.door import SqlRequest
from query.taking import take
from tests.query.sql.laid_down import NOW_NS, Held, batch, in_memory, part


class Told:
    """A span that keeps what it is told."""

    def __init__(self, name: str, above: str, attributes: dict[str, Attribute]) -> None:
        self.name, self.above, self.attributes, self.failed = name, above, attributes, False

    def tell(self, **attributes: Attribute) -> None:
        """Keeps it."""
        self.attributes |= attributes


class KeptTrace:
    """A trace that keeps its spans, in the order of their beginnings."""

    def __init__(self, *, is_recorded: bool = True) -> None:
        self.is_recorded = is_recorded
        self.spans: list[Told] = []
        self._open: list[str] = [""]

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[Told]:
        """Keeps a span."""
        told = Told(name, self._open[-1], attributes)
        self.spans.append(told)
        self._open.append(name)
        try:
            yield told
        except BaseException:
            told.failed = True
            raise
        finally:
            self._open.remove(name)

    @property
    def names(self) -> list[tuple[str, str]]:
        """Each span's name, and that of the one above it."""
        return [(span.name, span.above) for span in self.spans]


PARTS, ROWS = 3, 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine that asks three parts and one event in memory."""
    made = Engine(source(tmp_path), Limits(threads=1), SystemClock(), readable=(str(tmp_path),))
    yield made
    made.close()


def source(place: Path) -> Held:
    """Three parts of ten events, and one event in memory."""
    events = [[{"time": NOW_NS + k, "_seq": n * ROWS + k + 1, "n": n} for k in range(ROWS)] for n in range(PARTS)]
    parts = [part(place / f"{n}.parquet", batch(rows)) for n, rows in enumerate(events)]
    return in_memory(batch([{"time": NOW_NS, "_seq": 99, "n": 9}]), parts=parts)


def asked(engine: Engine, text: str, trace: KeptTrace) -> int:
    """Reads an answer to its end; the number of its rows."""
    with engine.query(Request(text, now_ns=NOW_NS, trace=trace)) as answer:
        return answer.table().num_rows


def test_a_query_tells_its_steps_in_their_order(engine: Engine) -> None:
    """Statements say what they are for, what they read and what they gave."""
    trace = KeptTrace()
    assert asked(engine, "n:<2 | where n >= 0 | stats max(time) by n", trace) == 2
    assert trace.names == [
        ("wait for a turn", ""),
        ("parse", ""),
        ("first steps", ""),
        ("plan", ""),
        ("wait for a place", ""),
        ("statement", ""),
    ]
    assert trace.spans[-1].attributes == {"purpose": "rows", "files": 3, "rows": 2}
    assert not any(span.failed for span in trace.spans)


def test_what_first_steps_ask_is_below_them(engine: Engine) -> None:
    """The place to run is waited for once."""
    trace = KeptTrace()
    assert asked(engine, "n:in(n:>1 | fields n) | count", trace) == 1
    assert trace.names[:5] == [
        ("wait for a turn", ""),
        ("parse", ""),
        ("first steps", ""),
        ("wait for a place", "first steps"),
        ("statement", "first steps"),
    ]
    assert [name for name, _ in trace.names].count("wait for a place") == 1


def test_a_mistake_fails_the_step_that_finds_it(engine: Engine) -> None:
    """And nothing comes after it."""
    trace = KeptTrace()
    with pytest.raises(QueryError):
        asked(engine, "n:2 | nonsense", trace)
    assert [(span.name, span.failed) for span in trace.spans] == [("wait for a turn", False), ("parse", True)]


def test_sql_tells_its_steps_too(engine: Engine) -> None:
    """Through its own door."""
    trace = KeptTrace()
    with engine.sql(SqlRequest("SELECT n FROM logs WHERE n = 2", now_ns=NOW_NS, trace=trace)) as answer:
        assert answer.table().num_rows == ROWS
    assert [name for name, _ in trace.names] == ["plan", "wait for a turn", "wait for a place", "statement"]
    assert trace.spans[-1].attributes["rows"] == ROWS


def test_what_is_not_recorded_runs_as_if_nobody_asked(engine: Engine) -> None:
    """Its statements are those of a plain session."""
    trace = KeptTrace(is_recorded=False)
    assert asked(engine, "n:2", trace) == ROWS
    assert "statement" not in {span.name for span in trace.spans}


def test_rows_that_are_taken_one_by_one_are_a_span(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are left to statements it is told, as no failure, and the statements have spans of their own."""
    trace = KeptTrace()
    assert asked(engine, "n:1 | limit 3", trace) == 3
    (span,) = [span for span in trace.spans if span.name == "take rows"]
    assert span.attributes == {"rows": 3, "files": 3}
    assert "statement" not in dict(trace.names)
    monkeypatch.setattr(take, "MOST_LOOKED_AT", 2 * ROWS)
    trace = KeptTrace()
    assert asked(engine, "n:1 | limit 3", trace) == 3
    (span,) = [span for span in trace.spans if span.name == "take rows"]
    assert (span.attributes, span.failed) == ({"in_vain": True, "files": 1}, False)
    assert "statement" in dict(trace.names)
