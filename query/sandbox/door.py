"""Where SQL comes in: a text becomes an answer, of the same kind as a query's."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import duckdb

from logstore.errors import LogstoreError, QueryError
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.trace import UNTRACED, Trace
from query.execution.executor import Executor
from query.plan.must_read import rows_within
from query.sandbox.faults import fault, unknown_column
from query.sandbox.fence import fenced_limits, open_fenced
from query.sandbox.growth import Node
from query.sandbox.narrow import narrowed
from query.sandbox.output import output_of
from query.sandbox.parsing import described, instant_of, parse_sql, unparse_sql
from query.sandbox.row_by_row import is_row_by_row
from query.sandbox.table import Ask, Span, Table, make_table
from query.sandbox.tree import TABLE, Checked, check, with_time
from query.sql.compile import Compiled
from query.sql.final import Output
from query.sql.statement import Notice

if TYPE_CHECKING:
    from query.execution.admission import Admission
    from query.execution.executor import MakeSession, Session
    from query.execution.limits import Limits
    from query.execution.turns import Turns

DEFAULT_LIMIT = 10_000
"""Rows that an answer has at most when neither the statement nor the asker says how many. SQL that groups seldom yields
as many, and `SELECT *` of everything would else be all there is."""

_MOST_ABSENT = 1_000

_BROKEN = ("INTERNAL Error", "FATAL Error")
"""How errors begin after which an instance of DuckDB does nothing more."""


@dataclass(frozen=True, slots=True)
class SqlRequest:
    """A question in SQL.

    Attributes:
        text: one SELECT.
        window: events outside of it are not looked at.
        limit: rows to give at most; None: 10,000 unless the text has a LIMIT.
        now_ns: what `now()` is; None: the clock's time.
        at: id of the snapshot to ask; None: the store as it is now.
        trace: takes the spans of what is done.
    """

    text: str
    window: TimeSpan = EVERYTHING
    limit: int | None = None
    now_ns: int | None = None
    at: str | None = None
    trace: Trace = UNTRACED


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that is checked and bound to a snapshot.

    Attributes:
        sql: the statement, made of its tree.
        ask: what its table is made for.
        output: the columns of the answer.
        makings: how each is made of the statement's.
        limit: rows to give at most; None: all.
        is_row_by_row: whether its rows come as they are found.
        notices: what the asker should know.
    """

    sql: str
    ask: Ask
    output: Output
    makings: tuple[str, ...]
    limit: int | None
    is_row_by_row: bool = False
    notices: tuple[Notice, ...] = ()

    def must_read(self, compiled: Compiled) -> int:
        """The events that the statement has to look at before it can answer."""
        return 0 if self.is_row_by_row else rows_within(compiled.pruned[0]) * self.ask.checked.tables

    def compiled(self, snapshot: Snapshot, *, without: Collection[str] = frozenset()) -> Compiled:
        """The statement to run, over the parts but those `without`."""
        table = make_table(self.ask, snapshot, without)
        names = [f"c{place}" for place in range(len(self.makings))]
        terms = ", ".join(making.format(name) for making, name in zip(self.makings, names, strict=True))
        cut = "" if self.limit is None else f" LIMIT {self.limit + 1}"
        body = f"SELECT {terms} FROM ({self.sql}) AS answer({', '.join(names)}){cut}"
        return Compiled(
            _over(table.sql, body),
            self.output,
            tuple(table.statement.tables),
            None,
            self.notices,
            (table.pruned,),
            tuple(table.statement.reads),
            table.lacking,
        )


def _over(table: str, body: str) -> str:
    return f"WITH {TABLE} AS NOT MATERIALIZED ({table})\n{body}"


@dataclass(slots=True)
class _Asked:
    """A statement on its way to a prepared one; what is known is told in errors."""

    request: SqlRequest
    checked: Checked = field(default_factory=Checked)
    known: tuple[str, ...] = ()

    def fault(self, error: Exception) -> LogstoreError | None:
        """What an error of DuckDB's means to the asker."""
        return fault(error, self.request.text, self.checked, self.known)


class SqlDoor:
    """Lets statements in, behind the fence. Safe from several threads; its instance is made when it is needed first.

    Args:
        limits: of queries.
        admission: the places, which queries of both languages share.
        readable: the directories that files may be read in.
        turns: who plans when, likewise.
    """

    def __init__(self, limits: Limits, admission: Admission, readable: Sequence[str], turns: Turns) -> None:
        self._limits = fenced_limits(limits)
        self._admission = admission
        self._readable = tuple(readable)
        self._turns = turns
        self._lock = threading.Lock()
        self._executor: Executor | None = None

    def prepare(
        self, request: SqlRequest, snapshot: Snapshot, now_ns: int, make: MakeSession | None = None
    ) -> tuple[Prepared, Session]:
        """A statement that is ready to run, and a session to run it in, which `make` makes (None: a plain one).

        Raises:
            QueryError: it cannot be run as written; with its place in the text.
        """
        executor, asked = self._started(), _Asked(request)
        with ExitStack() as undo:
            session = executor.session(tell=partial(self._tell, asked), make=make)
            undo.callback(session.close)
            session.take_turn()
            prepared = self._checked(executor, asked, snapshot, now_ns)
            undo.pop_all()
        return prepared, session

    def _checked(self, executor: Executor, asked: _Asked, snapshot: Snapshot, now_ns: int) -> Prepared:
        cursor = executor.cursor()
        try:
            return _prepared(cursor, asked, snapshot, now_ns)
        except duckdb.Error as error:
            told = self._tell(asked, error)
            if told is None:
                raise
            raise told from error
        except QueryError as error:
            raise QueryError(error.message, asked.request.text, error.span, error.hint) from error
        finally:
            cursor.close()

    def close(self) -> None:
        """Closes the instance. All sessions must be closed before."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.close()

    def _started(self) -> Executor:
        with self._lock:
            if self._executor is None:
                database = open_fenced(self._limits, self._readable)
                self._executor = Executor(self._limits, database, self._admission, self._turns)
            return self._executor

    def _tell(self, asked: _Asked, error: Exception) -> LogstoreError | None:
        if str(error).startswith(_BROKEN):
            # DuckDB does nothing more in that instance. The next statement gets a new one.
            with self._lock:
                self._executor = None
        return asked.fault(error)


def _prepared(cursor: duckdb.DuckDBPyConnection, asked: _Asked, snapshot: Snapshot, now_ns: int) -> Prepared:
    request = asked.request
    node = parse_sql(cursor, request.text)
    asked.checked = check(node, request.text)
    pinned = with_time(node, _instant(now_ns))
    sql = unparse_sql(cursor, pinned)
    # What is run is the text that was made of the tree, so that one is what has to be fit.
    check(parse_sql(cursor, sql), sql)
    span = narrowed(pinned, asked.checked, Span(request.window), partial(instant_of, cursor))
    ask = Ask(asked.checked, span)
    table = make_table(ask, snapshot)
    asked.known = table.known
    columns, ask = _bound(cursor, sql, ask, table, snapshot)
    output, makings = output_of(columns)
    limit = request.limit or (None if _is_limited(node) else DEFAULT_LIMIT)
    return Prepared(sql, ask, output, makings, limit, is_row_by_row(node, asked.checked), table.notices)


def _bound(
    cursor: duckdb.DuckDBPyConnection, sql: str, ask: Ask, table: Table, snapshot: Snapshot
) -> tuple[list[tuple[str, str]], Ask]:
    """The statement's columns, and what its table is to be made for.

    Where there are no events there are no fields, and any that is asked for is there and missing.
    """
    for _ in range(_MOST_ABSENT):
        try:
            return described(cursor, _over(table.stand_in, f"SELECT * FROM ({sql})")), ask
        except duckdb.Error as error:
            name = unknown_column(error)
            if not table.is_empty or name is None or name in ask.absent:
                raise
            ask = replace(ask, absent=ask.absent | {name})
            table = make_table(ask, snapshot)
    raise QueryError("the query names too many fields")


def _is_limited(node: Node) -> bool:
    return any(each.get("type") == "LIMIT_MODIFIER" for each in node.get("modifiers", ()))


def _instant(now_ns: int) -> str:
    moment = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=now_ns // 1000)
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}+00"
