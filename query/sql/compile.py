"""From a plan and a snapshot to one DuckDB statement. Pure: nothing is read, nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from logstore.errors import QueryError, Span
from logstore.model.snapshot import Part, PartRead, Snapshot
from logstore.model.timespan import TimeSpan
from query.plan import logical
from query.plan.clues import clue_of_scan
from query.plan.demand import demand_of_scan
from query.plan.names import names_of_plan
from query.plan.prune import Bounds, Pruned, Search, lacking, prune, without_parts
from query.plan.rules.needed_fields import needed_fields
from query.plan.shape import is_row_by_row, most_rows_of
from query.plan.survey import Survey
from query.sql.bench import Bench
from query.sql.final import Output, select_addresses, select_census, select_output
from query.sql.membership import ColumnOf
from query.sql.rows import Rows
from query.sql.scan import Reading, scan
from query.sql.stage_aggregate import aggregate
from query.sql.stage_dedup import dedup
from query.sql.stage_drop import drop
from query.sql.stage_extend import extend
from query.sql.stage_filter import filter_rows
from query.sql.stage_limit import limit
from query.sql.stage_project import project
from query.sql.stage_rename import rename
from query.sql.stage_sort import sort
from query.sql.stage_top import top
from query.sql.statement import Notice, Registered, Statement


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement that is ready to run.

    Attributes:
        sql: the statement.
        output: its columns.
        tables: batches to register before it runs.
        failures_sql: a second statement, over the same tables, that counts what could not be computed; None when
            nothing can fail.
        notices: what the asker should know.
        pruned: what is read, for each scan, the outermost first.
        reads: what is read of files.
        lacking: parts that should be read too, and are unfit.
        most_rows: how many rows it yields at most; 0 where nothing is read for them; None: any number.
    """

    sql: str
    output: Output
    tables: tuple[Registered, ...]
    failures_sql: str | None
    notices: tuple[Notice, ...]
    pruned: tuple[Pruned, ...]
    reads: tuple[PartRead, ...] = ()
    lacking: tuple[Part, ...] = ()
    most_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """Which of the outermost rows a statement yields.

    Attributes:
        after_seq: only those of events beyond this one; None: of all.
        window: only those of events in this part of the plan's window; None: in all of it. The columns stay those of
            the whole window.
        most_rows: at most so many; None: all.
        only: only those of these events; None: all.
    """

    after_seq: int | None = None
    window: TimeSpan | None = None
    most_rows: int | None = None
    only: tuple[int, ...] | None = None


WHOLE = Extent()


def compile_plan(
    plan: logical.Plan,
    snapshot: Snapshot,
    extent: Extent = WHOLE,
    survey: Survey | None = None,
    without: Collection[str] = frozenset(),
) -> Compiled:
    """The statement for a plan, with or without the rules applied, over a snapshot.

    Args:
        plan: the plan.
        snapshot: what it is asked of.
        extent: which of its rows.
        survey: asks the indexes; None: nobody does.
        without: paths of parts that turned out to be unfit. The columns are those that they would have led to.

    Raises:
        QueryError: a field that cannot be there, a subquery without just one column.
    """

    def finish(statement: Statement, rows: Rows) -> tuple[str, Output]:
        return select_output(statement, rows, extent.most_rows)

    return _compiled(plan, _Compiler(snapshot, survey, without), extent, finish)


def compile_addresses(
    plan: logical.Plan,
    snapshot: Snapshot,
    extent: Extent,
    survey: Survey | None = None,
    without: Collection[str] = frozenset(),
) -> Compiled:
    """A statement that yields where the events of the first `extent.most_rows` rows are: time and `_seq` of each.

    It reads what the filters look at, and so finds rows sooner than it could show them.
    """
    most_rows = extent.most_rows
    if most_rows is None:
        raise TypeError("so many addresses as there are")
    narrow = needed_fields(logical.Project(plan, ()))
    return _compiled(
        narrow, _Compiler(snapshot, survey, without), extent, lambda _, rows: select_addresses(rows, most_rows)
    )


def compile_census(
    plan: logical.Plan, snapshot: Snapshot, survey: Survey | None = None, without: Collection[str] = frozenset()
) -> Compiled:
    """A statement that yields how many event rows a plan has and the time of the newest, in nanoseconds."""
    return _compiled(plan, _Compiler(snapshot, survey, without), WHOLE, select_census)


def _compiled(
    plan: logical.Plan, compiler: _Compiler, extent: Extent, finish: Callable[[Statement, Rows], tuple[str, Output]]
) -> Compiled:
    rows = compiler.rows(plan, extent)
    statement = compiler.statement
    sql, output = finish(statement, rows)
    return Compiled(
        statement.render(sql),
        output,
        tuple(statement.tables),
        statement.render_failures(),
        tuple(statement.notices),
        tuple(compiler.pruned),
        tuple(statement.reads),
        tuple(compiler.lacking),
        _most_rows(plan, extent, statement),
    )


def _most_rows(plan: logical.Plan, extent: Extent, statement: Statement) -> int | None:
    if is_row_by_row(plan) and not statement.reads and not statement.tables:
        return 0
    limits = [each for each in (most_rows_of(plan), extent.most_rows) if each is not None]
    return min(limits, default=None)


class _Compiler:
    """Compiles the nodes of one statement, subqueries included."""

    def __init__(self, snapshot: Snapshot, survey: Survey | None, without: Collection[str]) -> None:
        self.statement = Statement()
        self.pruned: list[Pruned] = []
        self.lacking: list[Part] = []
        self._snapshot = snapshot
        self._survey = survey or Survey()
        self._without = without

    def rows(self, plan: logical.Plan, extent: Extent = WHOLE) -> Rows:
        """The rows of a whole chain of nodes."""
        chain: list[logical.Plan] = []
        node = plan
        while not isinstance(node, logical.Scan):
            chain.append(node)
            node = node.input
        chain.reverse()
        rows = self._scan(node, chain, names_of_plan(plan), extent)
        for stage in chain:
            rows = self._stage(rows, stage)
        return rows

    def column(self, query: logical.Plan, span: Span | None) -> ColumnOf:
        """The only column of a subquery."""
        rows = self.rows(query)
        shown = rows.shown()
        if len(shown) != 1 or not rows.closed:
            hint = "end it with `| fields f`"
            raise QueryError("a query inside in(...) must have exactly one column", span=span, hint=hint)
        (value,) = shown.values()
        return ColumnOf(Bench(self.statement, rows), value)

    def _scan(self, node: logical.Scan, chain: list[logical.Plan], named: frozenset[str], extent: Extent) -> Rows:
        topmost: logical.Plan = node
        for stage in chain:
            if not isinstance(stage, logical.Filter):
                break
            topmost = stage
        search = Search(demand_of_scan(topmost), clue_of_scan(topmost), self._survey)
        bounds = Bounds(node.window, self._snapshot.seq, extent.after_seq, extent.only)
        whole = prune(self._snapshot, bounds, search)
        self.pruned.append(whole)
        read = whole
        if extent.window is not None:
            bounds = replace(bounds, window=extent.window)
            read = prune(self._snapshot, bounds, search)
        self.lacking += lacking(self._snapshot, bounds, search.demand)
        self.lacking += (part for part in read.parts if part.path in self._without)
        return scan(self.statement, node, Reading(whole, without_parts(read, self._without), bounds), named)

    def _stage(self, rows: Rows, node: logical.Plan) -> Rows:  # noqa: C901, PLR0911, one case a node
        match node:
            case logical.Filter():
                return filter_rows(self.statement, rows, node, self)
            case logical.Extend():
                return extend(self.statement, rows, node, self)
            case logical.Project():
                return project(self.statement, rows, node)
            case logical.Drop():
                return drop(self.statement, rows, node)
            case logical.Rename():
                return rename(self.statement, rows, node)
            case logical.Aggregate():
                return aggregate(self.statement, rows, node, self)
            case logical.Top():
                return top(self.statement, rows, node)
            case logical.Sort():
                return sort(self.statement, rows, node)
            case logical.Limit():
                return limit(self.statement, rows, node)
            case logical.Dedup():
                return dedup(self.statement, rows, node)
            case logical.Scan():
                raise TypeError(node)
