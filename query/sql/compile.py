"""From a plan and a snapshot to one DuckDB statement. Pure: nothing is read, nothing is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from logstore.errors import QueryError, Span
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import TimeSpan
from query.plan import logical
from query.plan.demand import demand_of_scan
from query.plan.names import names_of_plan
from query.plan.prune import Bounds, Pruned, prune
from query.sql.bench import Bench
from query.sql.final import Output, select_census, select_output
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
    """

    sql: str
    output: Output
    tables: tuple[Registered, ...]
    failures_sql: str | None
    notices: tuple[Notice, ...]
    pruned: tuple[Pruned, ...]


@dataclass(frozen=True, slots=True)
class Extent:
    """Which of the outermost rows a statement yields.

    Attributes:
        after_seq: only those of events beyond this one; None: of all.
        window: only those of events in this part of the plan's window; None: in all of it. The columns stay those of
            the whole window.
        most_rows: at most so many; None: all.
    """

    after_seq: int | None = None
    window: TimeSpan | None = None
    most_rows: int | None = None


WHOLE = Extent()


def compile_plan(plan: logical.Plan, snapshot: Snapshot, extent: Extent = WHOLE) -> Compiled:
    """The statement for a plan, with or without the rules applied, over a snapshot.

    Raises:
        QueryError: a field that cannot be there, a subquery without just one column.
    """
    return _compiled(plan, snapshot, extent, lambda statement, rows: select_output(statement, rows, extent.most_rows))


def compile_census(plan: logical.Plan, snapshot: Snapshot) -> Compiled:
    """A statement that yields how many event rows a plan has and the time of the newest, in nanoseconds."""
    return _compiled(plan, snapshot, WHOLE, select_census)


def _compiled(
    plan: logical.Plan, snapshot: Snapshot, extent: Extent, finish: Callable[[Statement, Rows], tuple[str, Output]]
) -> Compiled:
    compiler = _Compiler(snapshot)
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
    )


class _Compiler:
    """Compiles the nodes of one statement, subqueries included."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.statement = Statement()
        self.pruned: list[Pruned] = []
        self._snapshot = snapshot

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
        demand = demand_of_scan(topmost)
        bounds = Bounds(node.window, self._snapshot.seq, extent.after_seq)
        whole = prune(self._snapshot, bounds, demand)
        self.pruned.append(whole)
        if extent.window is None:
            return scan(self.statement, node, Reading(whole, whole, bounds), named)
        bounds = replace(bounds, window=extent.window)
        return scan(self.statement, node, Reading(whole, prune(self._snapshot, bounds, demand), bounds), named)

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
