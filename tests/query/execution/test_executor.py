"""Limits hold, cancelling works, and many may ask at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pytest

from logstore.clock import SystemClock
from logstore.errors import LimitExceededError, OverloadedError, QueryCancelledError
from query.engine import Engine, Request
from query.execution.executor import Executor, Session
from query.execution.limits import Limits
from tests.query.sql.laid_down import events

HEAVY = "SELECT count(*) FROM range(10000000) a, range(10000) b WHERE a.range * 7 % 13 + b.range = -1"
LARGE = "SELECT list(range::VARCHAR || 'some text that takes room') FROM range(10000000) GROUP BY range % 5000000"


def _run(executor: Executor, sql: str) -> None:
    session = executor.session()
    try:
        for _ in session.run(sql, ()):
            pass
    finally:
        session.close()


def test_the_time_limit_ends_a_query() -> None:
    """Soon after its time, and the executor is good for the next one."""
    executor = Executor(Limits(time_s=0.2, threads=1))
    started = time.monotonic()
    with pytest.raises(LimitExceededError, match=r"longer than 0\.2 s"):
        _run(executor, HEAVY)
    assert time.monotonic() - started < 10
    _run(executor, "SELECT 1")
    executor.close()


def test_the_memory_limit_ends_a_query() -> None:
    """Without a place to spill to, running out of memory is the query's fault, not a crash."""
    executor = Executor(Limits(memory_bytes=48 << 20, threads=1))
    with pytest.raises(LimitExceededError, match="more memory"):
        _run(executor, LARGE)
    _run(executor, "SELECT 1")
    executor.close()


def test_cancelling_while_it_runs() -> None:
    """From another thread, in the middle of a statement."""
    executor = Executor(Limits(threads=1))
    session = executor.session()
    timer = threading.Timer(0.1, session.cancel)
    timer.start()
    with pytest.raises(QueryCancelledError):
        list(session.run(HEAVY, ()))
    session.close()
    timer.join()
    executor.close()


def test_cancelling_before_and_between() -> None:
    """A query that was cancelled never starts, and one that is being read stops at the next batch."""
    executor = Executor(Limits(threads=1))
    early = executor.session()
    early.cancel()
    with pytest.raises(QueryCancelledError):
        list(early.run("SELECT 1", ()))
    early.close()
    reading = executor.session()
    rows = reading.run("SELECT range, range::VARCHAR FROM range(100000000)", ())
    next(rows)
    reading.cancel()
    with pytest.raises(QueryCancelledError):
        list(rows)
    reading.close()
    executor.close()


def test_the_queue_is_bounded_and_does_not_wait_for_ever() -> None:
    """One runs; the next waits its time and is refused; a cancelled one stops waiting."""
    executor = Executor(Limits(max_running=1, max_waiting=1, wait_s=0.2, threads=1))
    running = executor.session()
    next(running.run("SELECT 1", ()))
    with pytest.raises(OverloadedError, match="no place"):
        _run(executor, "SELECT 1")
    running.close()
    _run(executor, "SELECT 1")
    executor.close()


def test_too_many_waiting_are_refused_at_once() -> None:
    """With no room in the queue there is no waiting."""
    executor = Executor(Limits(max_running=1, max_waiting=0, threads=1))
    running = executor.session()
    next(running.run("SELECT 1", ()))
    with pytest.raises(OverloadedError, match="too many"):
        _run(executor, "SELECT 1")
    running.close()
    executor.close()


def test_many_threads_ask_one_engine() -> None:
    """Every asker gets the whole answer to his own question."""
    engine = Engine(events(*({"n": n} for n in range(100))), Limits(max_running=3), SystemClock())
    found: dict[int, int] = {}

    def ask(least: int) -> None:
        with engine.query(Request(f"n:>={least} | fields n")) as answer:
            found[least] = answer.table().num_rows

    threads = [threading.Thread(target=ask, args=(least,)) for least in range(0, 100, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.close()
    assert found == {least: 100 - least for least in range(0, 100, 10)}


def test_settings_hold_on_the_cursors_that_queries_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """UTC in any zone, no names from Python, nothing downloaded, nothing changeable by a statement."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    executor = Executor(Limits(threads=1))
    session = executor.session()
    names = ("TimeZone", "python_enable_replacements", "autoinstall_known_extensions", "lock_configuration")
    select = ", ".join(f"current_setting('{name}')::VARCHAR AS s{place}" for place, name in enumerate(names))
    (batch,) = session.run(f"SELECT {select}", ())
    assert list(batch.to_pylist()[0].values()) == ["UTC", "false", "false", "true"]
    with pytest.raises(duckdb.Error, match="locked"):
        list(session.run("SET TimeZone = 'Asia/Kathmandu'", ()))
    hidden = [1]  # the name of a variable in a frame below the statement
    with pytest.raises(duckdb.Error, match="hidden"):
        list(session.run("SELECT * FROM hidden", ()))
    assert hidden
    session.close()
    executor.close()


def test_a_query_without_a_statement_takes_no_cursor() -> None:
    """What finds its answer without the database leaves it alone, but waits for its turn like all."""
    executor = Executor(Limits(threads=1, max_running=1, max_waiting=0))
    session = executor.session()
    session.enter()
    session.will_read(())
    assert session._lease is None
    with pytest.raises(OverloadedError):
        executor.session().enter()
    session.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.enter()
    executor.close()


@dataclass(frozen=True, slots=True)
class Held:
    """A table in memory."""

    name: str

    def arrow(self) -> pa.Table:
        """One row."""
        return pa.table({"n": [1]})


def _unread(session: Session) -> None:
    next(session.run("SELECT range FROM range(100000000)", ()))


def _wrong(session: Session) -> None:
    with pytest.raises(duckdb.Error):
        session.few("SELECT no_such_function(1)", ())


@pytest.mark.parametrize(
    ("use", "is_had_again"),
    [
        (lambda session: session.few("SELECT 1", ()), True),
        (lambda session: list(session.run("SELECT 1", ())), True),
        (lambda session: session.few("SELECT n FROM held", (Held("held"),)), False),
        (lambda session: session.execute("CREATE TEMP TABLE held AS SELECT 1 AS n", ()), False),
        (_unread, False),
        (_wrong, False),
    ],
    ids=["few", "run", "tables", "gathered", "unread", "wrong"],
)
def test_a_cursor_is_had_again_if_nothing_is_left_in_it(use: Callable[[Session], object], is_had_again: bool) -> None:  # noqa: FBT001
    """No query finds tables of another, and none waits for another's rows."""
    executor = Executor(Limits(threads=1))
    first = executor.session()
    use(first)
    cursor = first._cursor
    first.close()
    second = executor.session()
    with pytest.raises(duckdb.CatalogException, match="held"):
        second.few("SELECT * FROM held", ())
    assert (second._cursor is cursor) == is_had_again
    second.close()
    executor.close()


def test_cursors_and_threads_do_not_pile_up() -> None:
    """However many queries there were, what is kept is what ran at a time."""
    executor = Executor(Limits(threads=1, max_running=2))
    before = threading.active_count()
    for _ in range(100):
        one, other = executor.session(), executor.session()
        for session in (one, other):
            assert session.few("SELECT 1 AS n", ()).to_pylist() == [{"n": 1}]
        one.close()
        other.close()
    assert len(executor._databases._newest.spare) == 2
    assert executor._databases._newest.sessions == 0
    executor.close()
    assert threading.active_count() <= before


def test_an_unexpected_error_stays_what_it_is() -> None:
    """A statement that DuckDB refuses is a bug of ours, and must not look like a limit."""
    executor = Executor(Limits(threads=1))
    with pytest.raises(Exception, match="no_such_function"):
        _run(executor, "SELECT no_such_function(1)")
    executor.close()
