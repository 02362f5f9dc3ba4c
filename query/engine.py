"""The query engine: text in, answer out. The only module of the package that puts its parts together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from logstore.clock import Clock
from logstore.errors import QueryError
from logstore.model.row_id import parse_row_id
from logstore.model.snapshot import Snapshot
from logstore.model.snapshot_id import SnapshotId, parse_snapshot_id
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.trace import UNTRACED, Trace
from query.execution.admission import Load
from query.execution.book import Activity, Book
from query.execution.executor import Executor, Session
from query.execution.first_steps import FirstSteps
from query.execution.limits import Limits
from query.execution.sound import Sound
from query.execution.tools import Tools, measuring_tools, plain_tools, tracing_tools
from query.execution.traced import TracedSession
from query.execution.turns import Turns
from query.lang.kept import KeptTrees
from query.pinning import Pins
from query.plan import logical
from query.plan.explain import explain_first, explain_plan, explain_pruning, explain_sql
from query.plan.lower import lower
from query.plan.must_read import rows_within
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.plan.shape import is_event_rows, is_pageable, is_row_by_row, is_search, is_unshaped
from query.plan.survey import Findings, Survey
from query.results.analysis import explain_run, slices_asked
from query.results.answer import Answer, Before, Told, Work
from query.results.fields import KnownField, known_fields
from query.sandbox.door import SqlDoor, SqlRequest
from query.source import Indexes, Source
from query.sql.compile import compile_rare_names
from query.sql.kept_shapes import KeptShapes
from query.sql.statement import Notice
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
        at: id of the snapshot to ask; None: the store as it is now.
        after: id of a row of events, newest first: only the rows behind it.
        ids: whether rows of events bear their ids, in a column `_row`.
        trace: takes the spans of what is done.
    """

    text: str
    window: TimeSpan = EVERYTHING
    limit: int | None = None
    now_ns: int | None = None
    after_seq: int | None = None
    is_export: bool = False
    at: str | None = None
    after: str | None = None
    ids: bool = False
    trace: Trace = UNTRACED


_T = TypeVar("_T")


class Engine:
    """Answers questions about a source. Safe from several threads.

    Args:
        source: what is asked.
        limits: of queries.
        clock: dates and times them.
        indexes: those of the source's parts, if it has any.
        readable: the directories that hold the source's files; SQL can be asked of no others.
        turns: who plans when; None: first come first served, and who is next at once.
    """

    def __init__(
        self,
        source: Source,
        limits: Limits,
        clock: Clock,
        indexes: Indexes | None = None,
        readable: Sequence[str] = (),
        turns: Turns | None = None,
    ) -> None:
        self._source = source
        self._indexes = indexes
        self._clock = clock
        self._limits = limits
        self._executor = Executor(limits, turns=turns)
        self._tools = plain_tools(source, indexes, self._executor)
        self._trees = KeptTrees()
        self._findings = Findings()
        self._shapes = KeptShapes()
        self._pins = Pins()
        self._sql = SqlDoor(limits, self._executor.admission, readable, self._executor.turns)

    def query(self, request: Request, on_start: Callable[[Callable[[], None]], None] | None = None) -> Answer:
        """The answer, of which nothing has been computed yet but what its first steps find. It must be closed.

        Blocking, as taking a snapshot and the first steps are.

        Args:
            request: the question.
            on_start: is given, before anything runs, what ends the query: `Answer.cancel`.

        Raises:
            QueryError: the query cannot be run as written; with its place in the text.
            LogstoreError: its first steps were ended, or came to a limit.
        """
        return self._begun(request, self._tools_for(request.trace), on_start).answer

    def sql(self, request: SqlRequest) -> Answer:
        """The answer to a question in SQL, of which nothing has been computed yet. It must be closed.

        Raises:
            QueryError: it cannot be run as written; with its place in the text.
        """
        pin = None if request.at is None else parse_snapshot_id(request.at)
        now_ns = self._now(request.now_ns, pin)
        holder = self._source.snapshot()
        latest = holder.__enter__()
        try:
            snapshot, notices = self._pinned(pin, latest)
            make = partial(TracedSession, request.trace) if request.trace.is_recorded else None
            with request.trace.span("plan"):
                prepared, session = self._sql.prepare(request, snapshot, now_ns, make)
            again = partial(prepared.compiled, snapshot)
            whole = prepared.compiled(snapshot)
            session.must_read(prepared.must_read(whole))
            work = Work(whole, lambda: iter((again,)), None, prepared.limit, None, None)
            told = Told(str(pin or self._pins.name(snapshot, now_ns)), snapshot.seq, notices)
            return Answer(work, Sound(self._source, session), session, told, holder, self._clock)
        except BaseException:
            holder.__exit__(None, None, None)
            raise

    def explain(self, request: Request) -> str:
        """The plan, what is read of the store and why not the rest, and the SQL."""
        plan = self._plan(request, self._now(request.now_ns, None))
        with self._source.snapshot() as snapshot, closing(self._session(request)) as session:
            pruning = Pruning(snapshot, Survey(self._indexes, self._findings))
            with closing(Sound(self._source, session)) as sound:
                steps = FirstSteps(pruning, sound, session, self._limits.listed_values)
                settled = _in_text(request.text, lambda: _settled(plan, steps))
            question = self._question(settled, request, pruning)
            return _joined(_explained(request.text, question, steps))

    def analyze(self, request: Request, on_start: Callable[[Callable[[], None]], None] | None = None) -> str:
        """`explain`, and where the time went and what was read: the query is run, and its rows are thrown away.

        Args:
            request: the question.
            on_start: is given, before anything runs, what ends the query.

        Raises:
            QueryError: the query cannot be run as written; with its place in the text.
            LogstoreError: it was ended, or came to a limit, as when it is asked.
        """
        book = Book(self._clock)
        with book.spending(Activity.PLANNING):
            begun = self._begun(request, measuring_tools(book, self._source, self._indexes, self._executor), on_start)
        with begun.answer as answer:
            for _ in answer.batches():
                pass
            # All that comes now is for the reader of the explanation.
            measured = book.closed()
            facts, held = answer.facts(), len(begun.question.pruning.snapshot.parts)
            run = explain_run(measured, facts, held, slices_asked(answer.work, measured, facts))
            return _joined((*_explained(request.text, begun.question, begun.steps), run))

    def fields(self, request: Request, on_start: Callable[[Callable[[], None]], None]) -> list[KnownField]:
        """The fields that the events of a search may have. No part is read but its rare fields.

        Args:
            request: the search, and its window.
            on_start: is given a function that cancels it.

        Raises:
            QueryError: it is wrong, or has stages.
            LogstoreError: it could not be found out.
        """
        plan = self._plan(request, self._now(request.now_ns, None))
        if not is_search(plan):
            raise QueryError("fields are those of a search", request.text, hint="leave out everything from the first |")
        with self._source.snapshot() as snapshot, closing(self._session(request)) as session:
            on_start(session.cancel)
            session.take_turn()
            pruning = Pruning(snapshot, Survey(self._indexes, self._findings))
            pruned = pruning.of_plan(plan)
            session.must_read(rows_within(pruned) if any(piece.has_more for piece in pruned.pieces) else 0)
            make = partial(compile_rare_names, plan, pruning)
            with closing(Sound(self._source, session)) as sound:
                compiled = sound.statement(make)
                batches = session.run(compiled.sql, compiled.tables)
                return known_fields(compiled, [name for batch in batches for name in batch.column(0).to_pylist()])

    def newest_seq(self) -> int:
        """Every event with a sequence number up to this one is visible now."""
        with self._source.snapshot() as snapshot:
            return snapshot.seq

    @property
    def load(self) -> Load:
        """How many queries run and wait now."""
        return self._executor.admission.load

    def close(self) -> None:
        """Closes the database. All answers must be closed before."""
        self._sql.close()
        self._executor.close()

    def _begun(self, request: Request, tools: Tools, on_start: Callable[[Callable[[], None]], None] | None) -> _Begun:
        pin = None if request.at is None else parse_snapshot_id(request.at)
        now_ns = self._now(request.now_ns, pin)
        with ExitStack() as undo:
            # Both may take a while in which others plan.
            holder = tools.source.snapshot()
            latest = undo.enter_context(holder)
            session = tools.session(self._time_s(request))
            undo.callback(session.close)
            if on_start is not None:
                on_start(session.cancel)
            session.take_turn()
            with request.trace.span("parse"):
                plan = self._plan(request, now_ns)
                _refuse_what_is_not_in_order(plan, request)
            snapshot, notices = self._pinned(pin, latest)
            sound, pruning = tools.sound(session), Pruning(snapshot, Survey(tools.indexes, self._findings))
            undo.callback(sound.close)
            steps = FirstSteps(pruning, sound, session, self._limits.listed_values)
            with request.trace.span("first steps"):
                settled = _in_text(request.text, lambda: _settled(plan, steps))
            with request.trace.span("plan"):
                question = self._question(settled, request, pruning)
                work = _in_text(request.text, question.work)
            session.must_read(question.must_read(work))
            before = Before(tuple(steps.pruned), tuple(steps.notices), steps.failures)
            told = Told(str(pin or self._pins.name(snapshot, now_ns)), snapshot.seq, notices)
            answer = Answer(replace(work, before=before), sound, session, told, holder, self._clock)
            undo.pop_all()
        return _Begun(question, work, steps, answer)

    def _tools_for(self, trace: Trace) -> Tools:
        if not trace.is_recorded:
            return self._tools
        return tracing_tools(trace, self._source, self._indexes, self._executor)

    def _session(self, request: Request) -> Session:
        return self._executor.session(self._time_s(request))

    def _time_s(self, request: Request) -> float:
        return self._limits.export_time_s if request.is_export else self._limits.time_s

    def _now(self, now_ns: int | None, pin: SnapshotId | None) -> int:
        if now_ns is not None:
            return now_ns
        return self._clock.now_ns() if pin is None else pin.now_ns

    def _pinned(self, pin: SnapshotId | None, latest: Snapshot) -> tuple[Snapshot, tuple[Notice, ...]]:
        if pin is None:
            return latest, ()
        pinned = self._pins.again(pin, latest)
        return pinned.snapshot, (_DELETED_SINCE,) if pinned.deleted_since else ()

    def _plan(self, request: Request, now_ns: int) -> logical.Plan:
        return _in_text(request.text, lambda: optimise(lower(self._trees.parse(request.text), now_ns, request.window)))

    def _question(self, plan: logical.Plan, request: Request, pruning: Pruning) -> Question:
        return Question(
            plan,
            pruning,
            self._limit(plan, request),
            request.after_seq,
            request.is_export,
            self._limits.statement_files,
            None if request.after is None else parse_row_id(request.after),
            request.ids,
            request.text,
            self._shapes,
        )

    def _limit(self, plan: logical.Plan, request: Request) -> int | None:
        if request.limit is not None:
            return request.limit
        if request.is_export:
            return None
        if is_event_rows(plan) and is_unshaped(plan) and request.after_seq is None:
            return DEFAULT_LIMIT
        return self._limits.max_rows


@dataclass(frozen=True, slots=True)
class _Begun:
    """A query that is about to run, and how it came to be."""

    question: Question
    work: Work
    steps: FirstSteps
    answer: Answer


_DELETED_SINCE = Notice("events were deleted after this snapshot was asked first; they are not in this answer")


def _refuse_what_is_not_in_order(plan: logical.Plan, request: Request) -> None:
    """A live tail needs rows that stand for themselves, and a page rows in the order of their ids."""
    if request.after_seq is not None and not is_row_by_row(plan):
        hint = "use where, let, parse, json, logfmt, fields, drop and rename only"
        raise QueryError("a live tail goes row by row: no sort, limit or grouping", request.text, hint=hint)
    if request.after is not None and not is_pageable(plan):
        hint = "leave out what sorts, cuts, groups or joins; how many rows a page has is the limit beside the query"
        raise QueryError("only events, newest first, can be gone on with behind a row", request.text, hint=hint)


def _settled(plan: logical.Plan, steps: FirstSteps) -> logical.Plan:
    """The plan once what comes first is known; rules may find more to do then."""
    settled = steps.settled(plan)
    return plan if settled == plan else optimise(settled)


def _explained(text: str, question: Question, steps: FirstSteps) -> tuple[str, ...]:
    """The plan, what its first steps found, what is read and why not the rest, and the statements."""
    statements = _in_text(text, question.explained)
    pruned, texts = statements[-1].pruned, [sql for each in statements for sql in each.texts]
    first = [explain_first(steps.told)] if steps.told else []
    return explain_plan(question.plan), *first, explain_pruning(pruned), *map(explain_sql, texts)


def _joined(sections: Sequence[str]) -> str:
    return "\n\n".join(sections) + "\n"


def _in_text(text: str, work: Callable[[], _T]) -> _T:
    """Runs a step; its QueryErrors get the text that their spans point into."""
    try:
        return work()
    except QueryError as error:
        if error.text:
            raise
        raise QueryError(error.message, text, error.span, error.hint) from None
