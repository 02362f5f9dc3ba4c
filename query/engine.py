"""The query engine: text in, answer out. The only module of the package that puts its parts together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from logstore.clock import Clock
from logstore.errors import QueryError
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.execution.executor import Executor, Session
from query.execution.limits import Limits
from query.execution.sound import Sound
from query.lang.parse import parse
from query.plan import logical
from query.plan.explain import explain_plan, explain_pruning, explain_sql
from query.plan.lower import lower
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.plan.shape import is_event_rows, is_row_by_row, is_search, is_unshaped
from query.plan.survey import Survey
from query.results.answer import Answer
from query.results.fields import KnownField, known_fields
from query.source import Indexes, Source
from query.sql.compile import compile_rare_names
from query.work import Question

DEFAULT_LIMIT = 1000
"""Event rows that a query without `sort` and `limit` yields. A terminal shows no more; who wants them says so."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question.

    Attributes:
        text: the query.
        window: events outside of it are not looked at; the text may narrow it.
        limit: rows to give at most; None: 1,000 of event rows without `sort` or `limit`, else as many as there are.
        now_ns: when the query starts, for `now()` and `time:15m`; None: the clock's time.
        is_export: everything is wanted, and is written somewhere as it comes: no limit on rows unless `limit` says one,
            and `Limits.export_time_s` instead of `time_s`.
        after_seq: live tail: only rows of events beyond this one, and only queries that go row by row.
    """

    text: str
    window: TimeSpan = EVERYTHING
    limit: int | None = None
    now_ns: int | None = None
    after_seq: int | None = None
    is_export: bool = False


_T = TypeVar("_T")


class Engine:
    """Answers questions about a source. Safe from several threads.

    Args:
        source: what is asked.
        limits: of queries.
        clock: dates and times them.
        indexes: those of the source's parts, if it has any.
    """

    def __init__(self, source: Source, limits: Limits, clock: Clock, indexes: Indexes | None = None) -> None:
        self._source = source
        self._indexes = indexes
        self._clock = clock
        self._limits = limits
        self._executor = Executor(limits)

    def query(self, request: Request) -> Answer:
        """The answer, of which nothing has been computed yet. It must be closed.

        Blocking, as taking a snapshot is.

        Raises:
            QueryError: the query cannot be run as written; with its place in the text.
        """
        plan = self._plan(request)
        if request.after_seq is not None and not is_row_by_row(plan):
            hint = "use where, let, parse, fields, drop and rename only"
            raise QueryError("a live tail goes row by row: no sort, limit or grouping", request.text, hint=hint)
        holder = self._source.snapshot()
        snapshot = holder.__enter__()
        try:
            work = _in_text(request.text, self._question(plan, request, snapshot).work)
            session = self._session(request)
            return Answer(work, Sound(self._source, session), session, snapshot, holder, self._clock)
        except BaseException:
            holder.__exit__(None, None, None)
            raise

    def explain(self, request: Request) -> str:
        """The plan, what is read of the store and why not the rest, and the SQL."""
        plan = self._plan(request)
        with self._source.snapshot() as snapshot:
            statements = _in_text(request.text, self._question(plan, request, snapshot).explained)
        pruned, texts = statements[-1].pruned, [each.sql for each in statements]
        return "\n\n".join((explain_plan(plan), explain_pruning(pruned), *map(explain_sql, texts))) + "\n"

    def fields(self, request: Request, on_start: Callable[[Callable[[], None]], None]) -> list[KnownField]:
        """The fields that the events of a search may have. No part is read but its rare fields.

        Args:
            request: the search, and its window.
            on_start: is given a function that cancels it.

        Raises:
            QueryError: it is wrong, or has stages.
            LogstoreError: it could not be found out.
        """
        plan = self._plan(request)
        if not is_search(plan):
            raise QueryError("fields are those of a search", request.text, hint="leave out everything from the first |")
        with self._source.snapshot() as snapshot, closing(self._session(request)) as session:
            on_start(session.cancel)
            make = partial(compile_rare_names, plan, Pruning(snapshot, Survey(self._indexes)))
            with closing(Sound(self._source, session)) as sound:
                compiled = sound.statement(make)
                batches = session.run(compiled.sql, compiled.tables)
                return known_fields(compiled, [name for batch in batches for name in batch.column(0).to_pylist()])

    def newest_seq(self) -> int:
        """Every event with a sequence number up to this one is visible now."""
        with self._source.snapshot() as snapshot:
            return snapshot.seq

    def close(self) -> None:
        """Closes the database. All answers must be closed before."""
        self._executor.close()

    def _session(self, request: Request) -> Session:
        return self._executor.session(self._limits.export_time_s if request.is_export else self._limits.time_s)

    def _plan(self, request: Request) -> logical.Plan:
        now_ns = self._clock.now_ns() if request.now_ns is None else request.now_ns
        return _in_text(request.text, lambda: optimise(lower(parse(request.text), now_ns, request.window)))

    def _question(self, plan: logical.Plan, request: Request, snapshot: Snapshot) -> Question:
        return Question(
            plan,
            Pruning(snapshot, Survey(self._indexes)),
            self._limit(plan, request),
            request.after_seq,
            request.is_export,
            self._limits.statement_files,
        )

    def _limit(self, plan: logical.Plan, request: Request) -> int | None:
        if request.limit is not None:
            return request.limit
        if request.is_export:
            return None
        if is_event_rows(plan) and is_unshaped(plan) and request.after_seq is None:
            return DEFAULT_LIMIT
        return self._limits.max_rows


def _in_text(text: str, work: Callable[[], _T]) -> _T:
    """Runs a step; its QueryErrors get the text that their spans point into."""
    try:
        return work()
    except QueryError as error:
        if error.text:
            raise
        raise QueryError(error.message, text, error.span, error.hint) from None
