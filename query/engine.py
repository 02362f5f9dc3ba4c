"""The query engine: text in, answer out. The only module of the package that puts its parts together."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from logstore.clock import Clock
from logstore.errors import QueryError
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.execution.executor import Executor, Session
from query.execution.limits import Limits
from query.execution.sound import Make, Sound
from query.lang.parse import parse
from query.plan import logical
from query.plan.explain import explain_plan, explain_pruning, explain_sql
from query.plan.lower import lower
from query.plan.rules import optimise
from query.plan.shape import is_event_rows, is_row_by_row, is_unshaped, scan_of
from query.plan.slices import EXPORT, LOOKUP, LOOKUP_SHARE, SEARCH, Steps, slices_of
from query.plan.survey import Survey
from query.results.answer import Answer, Work
from query.results.lookup import MOST_ROWS, Address, Lookup
from query.source import Indexes, Source
from query.sql.compile import Compiled, Extent, compile_addresses, compile_census, compile_plan

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
            hint = "use where, let, fields, drop and rename only"
            raise QueryError("a live tail goes row by row: no sort, limit or grouping", request.text, hint=hint)
        holder = self._source.snapshot()
        snapshot = holder.__enter__()
        try:
            work = _in_text(request.text, lambda: self._work(plan, request, snapshot))
            session = self._session(request)
            return Answer(work, Sound(self._source, session), session, snapshot, holder, self._clock)
        except BaseException:
            holder.__exit__(None, None, None)
            raise

    def explain(self, request: Request) -> str:
        """The plan, what is read of the store and why not the rest, and the SQL."""
        plan = self._plan(request)
        with self._source.snapshot() as snapshot:
            extent, survey = self._extent(plan, request), Survey(self._indexes)
            compiled = _in_text(request.text, lambda: compile_plan(plan, snapshot, extent, survey))
        return "\n\n".join((explain_plan(plan), explain_pruning(compiled.pruned), explain_sql(compiled.sql))) + "\n"

    def close(self) -> None:
        """Closes the database. All answers must be closed before."""
        self._executor.close()

    def _session(self, request: Request) -> Session:
        return self._executor.session(self._limits.export_time_s if request.is_export else self._limits.time_s)

    def _plan(self, request: Request) -> logical.Plan:
        now_ns = self._clock.now_ns() if request.now_ns is None else request.now_ns
        return _in_text(request.text, lambda: optimise(lower(parse(request.text), now_ns, request.window)))

    def _work(self, plan: logical.Plan, request: Request, snapshot: Snapshot) -> Work:
        extent, survey = self._extent(plan, request), Survey(self._indexes)
        whole = compile_plan(plan, snapshot, extent, survey)
        body, enough = _without_limit(plan)
        most = enough if extent.most_rows is None or enough is not None else extent.most_rows

        def again(*, without: Collection[str]) -> Compiled:
            return compile_plan(plan, snapshot, extent, survey, without) if without else whole

        slicing = _Slicing(body, snapshot, extent.after_seq, most, survey)
        windows = partial(slices_of, whole.pruned[0], scan_of(plan).window, _steps(whole, most))

        def slices() -> Iterator[Make]:
            # Whoever wants all rows gets them slice by slice too: no more than a slice of them is sorted at once.
            sliceable = is_row_by_row(body) and (most is not None or request.is_export)
            found = windows() if sliceable else iter(())
            first = tuple(itertools.islice(found, 2))
            return map(slicing.rows, itertools.chain(first, found)) if len(first) > 1 else iter((again,))

        return Work(
            whole,
            again,
            slices,
            self._limit(plan, request),
            enough,
            _census(plan, snapshot, extent, survey),
            slicing.lookup(windows, whole) if is_row_by_row(body) else None,
        )

    def _limit(self, plan: logical.Plan, request: Request) -> int | None:
        if request.limit is not None:
            return request.limit
        if request.is_export:
            return None
        if is_event_rows(plan) and is_unshaped(plan) and request.after_seq is None:
            return DEFAULT_LIMIT
        return self._limits.max_rows

    def _extent(self, plan: logical.Plan, request: Request) -> Extent:
        """One row more than wanted, which tells whether the answer is cut."""
        limit = self._limit(plan, request)
        return Extent(request.after_seq, most_rows=None if limit is None else limit + 1)


def _steps(whole: Compiled, most: int | None) -> Steps:
    if most is None:
        return EXPORT
    left, of = whole.pruned[0].row_groups
    return LOOKUP if left * LOOKUP_SHARE <= of else SEARCH


@dataclass(frozen=True, slots=True)
class _Slicing:
    """Makes the statements for parts of the rows of a plan, which goes row by row; `most` is how many are wanted."""

    plan: logical.Plan
    snapshot: Snapshot
    after_seq: int | None
    most: int | None
    survey: Survey

    def rows(self, window: TimeSpan) -> Make:
        """The rows in a window."""
        return partial(compile_plan, self.plan, self.snapshot, self._extent(window), self.survey)

    def addresses(self, window: TimeSpan) -> Make:
        """Where the first ones of them are."""
        return partial(compile_addresses, self.plan, self.snapshot, self._extent(window), self.survey)

    def at(self, found: Sequence[Address]) -> Make:
        """Those at some addresses."""
        times = [time_ns for time_ns, _ in found]
        window = TimeSpan(min(times), max(times) + 1)
        extent = replace(self._extent(window), only=tuple(seq for _, seq in found))
        return partial(compile_plan, self.plan, self.snapshot, extent, self.survey)

    def lookup(self, windows: Callable[[], Iterator[TimeSpan]], whole: Compiled) -> Lookup | None:
        """Finds the first rows; None where it is as well to read them all."""
        if self.most is None or self.most > MOST_ROWS or whole.pruned[0].rows <= SEARCH.first_rows:
            return None
        return Lookup(self.most, lambda: map(self.addresses, windows()), self.at)

    def _extent(self, window: TimeSpan) -> Extent:
        return Extent(self.after_seq, window, self.most)


def _without_limit(plan: logical.Plan) -> tuple[logical.Plan, int | None]:
    """The plan without a `limit` at its end, and that limit."""
    return (plan.input, plan.count) if isinstance(plan, logical.Limit) else (plan, None)


def _census(plan: logical.Plan, snapshot: Snapshot, extent: Extent, survey: Survey) -> Make | None:
    """What to run when an answer of event rows is empty: the same search without the window."""
    if not is_row_by_row(plan) or extent.after_seq is not None or scan_of(plan).window == EVERYTHING:
        return None
    return partial(compile_census, _everywhere(plan), snapshot, survey)


def _everywhere(plan: logical.Plan) -> logical.Plan:
    if isinstance(plan, logical.Scan):
        return replace(plan, window=EVERYTHING)
    return replace(plan, input=_everywhere(plan.input))


def _in_text(text: str, work: Callable[[], _T]) -> _T:
    """Runs a step; its QueryErrors get the text that their spans point into."""
    try:
        return work()
    except QueryError as error:
        if error.text:
            raise
        raise QueryError(error.message, text, error.span, error.hint) from None
