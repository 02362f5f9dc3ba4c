"""From a plan and a snapshot to one DuckDB statement. Pure: nothing is read, nothing is run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from logstore.errors import QueryError, Span
from logstore.model.row_id import RowId
from logstore.model.snapshot import Part, PartRead
from logstore.model.timespan import TimeSpan
from query.plan import logical
from query.plan.apart import apart, most_values_of
from query.plan.cheap import is_cheaply_filtered
from query.plan.earlier import times_read
from query.plan.expressions import InRows
from query.plan.names import names_of_nodes, names_of_plan
from query.plan.newest import newest_wanted, window_of_newest
from query.plan.portions import NOTHING, Portion
from query.plan.prune import Bounds, Pruned, narrowed, without_parts
from query.plan.pruning import Pruning, searched
from query.plan.rules.needed_fields import needed_fields
from query.plan.shape import chain_of, is_row_by_row, leading_filters, most_rows_of, row_makers, scan_of
from query.sql.behind import behind
from query.sql.bench import Bench
from query.sql.counted_apart import Choice, count_apart, count_selected
from query.sql.counted_parts import CountedApart, CountedParts
from query.sql.final import (
    Addressing,
    Output,
    select_addresses,
    select_census,
    select_output,
    select_rare_names,
)
from query.sql.membership import ColumnOf
from query.sql.moved import moved
from query.sql.rows import Rows
from query.sql.scan import Reading, scan
from query.sql.stage_aggregate import aggregate
from query.sql.stage_compare import compare
from query.sql.stage_dedup import dedup
from query.sql.stage_drop import drop
from query.sql.stage_extend import extend
from query.sql.stage_facets import MOST_VALUES, facets
from query.sql.stage_filter import filter_rows
from query.sql.stage_join import join
from query.sql.stage_limit import limit
from query.sql.stage_parse import parse
from query.sql.stage_patterns import patterns
from query.sql.stage_picked import picked
from query.sql.stage_project import project
from query.sql.stage_rename import rename
from query.sql.stage_sample import sample
from query.sql.stage_sessions import sessions
from query.sql.stage_sort import sort
from query.sql.stage_top import top
from query.sql.stage_union import union
from query.sql.stage_unpack import unpack
from query.sql.statement import Notice, Registered, Statement, Step
from query.sql.typed import Typed

_NO_STATEMENT = "-- none: the rows are put together without one"


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
        gathers: whether its rows are no answer, but kept for a later statement of the same query.
        steps: what to run before it, in this order.
        known: its rows, where they are known already: nothing is run then.
    """

    sql: str
    output: Output
    tables: tuple[Registered, ...]
    failures_sql: str | None
    notices: tuple[Notice, ...]
    pruned: tuple[Pruned, ...]
    reads: tuple[PartRead, ...] = ()
    lacking: tuple[Part, ...] = ()
    gathers: bool = False
    most_rows: int | None = None
    steps: tuple[Step, ...] = ()
    known: pa.RecordBatch | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The statements of its steps and then itself."""
        if self.known is not None:
            return (_NO_STATEMENT,)
        counted = (each for each in self.tables if isinstance(each, CountedParts))
        choosing = (selection.sql for each in counted for selection in each.selections)
        return (*choosing, *(step.sql for step in self.steps), self.sql)


@dataclass(frozen=True, slots=True)
class Extent:
    """Which of the outermost rows a statement yields.

    Attributes:
        after_seq: only those of events beyond this one; None: of all.
        window: only those of events in this part of the plan's window; None: in all of it. The columns stay those of
            the whole window.
        most_rows: at most so many; None: all.
        portion: only those of events in these pieces, of all that pruning left; None: in all of them. The columns stay
            those of all.
        only: only those of these events, which must be the first `most_rows` that the filters let through of the
            window, or all of them; None: of all.
        is_early: rows beyond those are left out before the stages that only compute something of each row. What cannot
            be computed of them is not found then.
        after: only those behind this row, in the order of events; None: all.
        is_addressed: whether each row tells where it stands in the order of events, after all that it shows.
        with_ids: whether each row that stems from an event shows its id.
    """

    after_seq: int | None = None
    window: TimeSpan | None = None
    most_rows: int | None = None
    portion: Portion | None = None
    only: tuple[int, ...] | None = None
    is_early: bool = False
    after: RowId | None = None
    is_addressed: bool = False
    with_ids: bool = False

    @property
    def is_of_all_rows(self) -> bool:
        """Whether the rows are those of all events of the plan, or of a portion of the pieces that hold them."""
        return self.window is None and self.after_seq is None and self.only is None and self.after is None

    @property
    def addressing(self) -> Addressing:
        """Whether rows tell which events they are."""
        if self.with_ids:
            return Addressing.SHOWN
        return Addressing.HIDDEN if self.is_addressed else Addressing.NONE


WHOLE = Extent()
SHAPE = Extent(portion=NOTHING)
"""No rows: who compiles so learns what the columns are, what can fail and what is to be read."""


def compile_plan(
    plan: logical.Plan, pruning: Pruning, extent: Extent = WHOLE, without: Collection[str] = frozenset()
) -> Compiled:
    """The statement for a plan, with or without the rules applied, over a snapshot.

    Args:
        plan: the plan.
        pruning: of the snapshot that it is asked of.
        extent: which of its rows.
        without: paths of parts that turned out to be unfit. The columns are those that they would have led to.

    Raises:
        QueryError: a field that cannot be there, a subquery without just one column.
    """
    compiler = Compiler(pruning, without)
    rows = compiler.rows(plan, extent)
    if extent.after is not None:
        rows = behind(compiler.statement, rows, extent.after)
    most_rows = _most_rows(plan, extent, compiler.statement, compiler.pruned)
    failures = None if rows.address is not None else compiler.statement.failures_so_far()
    sql, output = select_output(compiler.statement, rows, extent.most_rows, extent.addressing, failures)
    return compiler.finish(sql, output, most_rows=most_rows)


def compile_addresses(
    plan: logical.Plan, pruning: Pruning, extent: Extent, without: Collection[str] = frozenset()
) -> Compiled:
    """A statement that yields where the events of the first `extent.most_rows` rows are: time and `_seq` of each.

    It reads what the filters look at, and so finds rows sooner than it could show them.
    """
    if extent.most_rows is None:
        raise TypeError("so many addresses as there are")
    narrow = needed_fields(logical.Project(plan, ()))
    compiler = Compiler(pruning, without)
    rows = compiler.rows(narrow, replace(extent, is_early=False))
    if extent.after is not None:
        rows = behind(compiler.statement, rows, extent.after)
    most_rows = _most_rows(narrow, extent, compiler.statement)
    return compiler.finish(*select_addresses(compiler.statement, rows, extent.most_rows), most_rows=most_rows)


def _most_rows(plan: logical.Plan, extent: Extent, statement: Statement, pruned: Sequence[Pruned] = ()) -> int | None:
    if is_row_by_row(plan) and not statement.reads and not statement.tables and not statement.steps:
        return 0
    most = most_values_of(plan, pruned[0].shaping) if pruned else None
    limits = [each for each in (most_rows_of(plan), most, extent.most_rows) if each is not None]
    return min(limits, default=None)


def compile_census(
    plan: logical.Plan, pruning: Pruning, extent: Extent = WHOLE, without: Collection[str] = frozenset()
) -> Compiled:
    """A statement that yields how many event rows a plan has and the time of the newest, in nanoseconds."""
    compiler = Compiler(pruning, without)
    return compiler.finish(*select_census(compiler.statement, compiler.rows(plan, extent)))


def compile_rare_names(plan: logical.Plan, pruning: Pruning, without: Collection[str] = frozenset()) -> Compiled:
    """A statement that yields the names of the fields that a search's events keep in `_more`, the commonest first."""
    compiler = Compiler(pruning, without)
    return compiler.finish(*select_rare_names(compiler.statement, compiler.rows(plan)))


def compile_values(
    condition: InRows, pruning: Pruning, most_rows: int, without: Collection[str] = frozenset()
) -> Compiled:
    """A statement that yields the values of the query inside a condition, in any order, of `most_rows` rows at most.

    Raises:
        QueryError: it has another number of columns than one.
    """
    compiler = Compiler(pruning, without)
    rows = compiler.rows(condition.query)
    _only_column(rows, condition.span)
    return compiler.finish(*select_output(compiler.statement, replace(rows, order=(), more=None), most_rows))


def _only_column(rows: Rows, span: Span | None) -> dict[str, Typed]:
    shown = rows.shown()
    if len(shown) != 1 or not rows.closed:
        hint = "end it with `| fields f`"
        raise QueryError("a query inside in(...) must have exactly one column", span=span, hint=hint)
    return shown


class Compiler:
    """Compiles the nodes of one statement, subqueries included."""

    def __init__(self, pruning: Pruning, without: Collection[str]) -> None:
        self.statement = Statement()
        self.pruned: list[Pruned] = []
        self.lacking: list[Part] = []
        self._pruning = pruning
        self._without = without

    def finish(self, sql: str, output: Output, *, gathers: bool = False, most_rows: int | None = None) -> Compiled:
        """A statement of what was compiled so far."""
        statement = self.statement
        return Compiled(
            sql,
            output,
            tuple(statement.tables),
            statement.render_failures(),
            tuple(statement.notices),
            tuple(self.pruned),
            tuple(statement.reads),
            tuple(self.lacking),
            gathers,
            most_rows,
            tuple(statement.steps),
        )

    def rows(self, plan: logical.Plan, extent: Extent = WHOLE, named: frozenset[str] = frozenset()) -> Rows:
        """The rows of a whole chain of nodes.

        Args:
            plan: the topmost node.
            extent: which rows.
            named: fields that what comes after it names.
        """
        chain = chain_of(plan)
        later = _named_from(chain, named)
        rows = self._scan(scan_of(plan), chain, later[0], extent)
        cut = row_makers(chain) if extent.is_early and extent.most_rows is not None and extent.after is None else None
        for place, stage in enumerate(chain):
            if place == cut:
                rows = limit(self.statement, rows, logical.Limit(stage, extent.most_rows or 0))
            rows = self.stage(rows, stage, later[place])
        return rows

    def scanned(self, plan: logical.Plan, extent: Extent, named: frozenset[str]) -> Rows:
        """The rows of the scan at the bottom of a chain, before anything is done with them."""
        return self._scan(scan_of(plan), chain_of(plan), named | names_of_plan(plan), extent)

    def column(self, query: logical.Plan, span: Span | None) -> ColumnOf:
        """The only column of a subquery."""
        rows = self.rows(query)
        (value,) = _only_column(rows, span).values()
        return ColumnOf(Bench(self.statement, rows), value)

    def _scan(self, node: logical.Scan, chain: list[logical.Plan], named: frozenset[str], extent: Extent) -> Rows:
        topmost = searched(chain[-1] if chain else node)
        bounds = Bounds(times_read(node), self._pruning.snapshot.seq, extent.after_seq)
        whole = self._pruning.of(topmost, bounds)
        self.pruned.append(whole)
        read = whole if extent.portion is None else extent.portion.of(whole)
        window = extent.window
        if read.pieces and extent.is_of_all_rows:
            window = self._window_of_newest(chain, whole, bounds)
        if window is not None:
            bounds = replace(bounds, window=window)
            read = narrowed(read, window)
        if extent.only is not None:
            is_cheap = is_cheaply_filtered(chain) and _are_columns(named, read)
            bounds = replace(bounds, only=_between(extent.only) if is_cheap else extent.only)
        self.lacking += self._pruning.lacking(topmost, bounds)
        self.lacking += (part for part in read.parts if part.path in self._without)
        there = without_parts(read, self._without)
        counted, read = apart(chain, node, there, bounds)
        found = self._counted(chain, node, Reading(whole, replace(there, parts=counted, head=()), bounds))
        rows = scan(self.statement, node, Reading(whole, read, bounds), named)
        if found is not None:
            rows = replace(rows, counted=found, is_empty=not read.pieces)
        return moved(self.statement, rows, node.moved_ns)

    def _counted(self, chain: list[logical.Plan], node: logical.Scan, reading: Reading) -> CountedApart | None:
        """The values of parts that the database does not read for `facets`."""
        parts, filters = reading.pruned.parts, leading_filters(chain)
        if not parts:
            return None
        if not filters:
            return count_apart(self.statement, parts, reading.bounds, MOST_VALUES)
        named = names_of_nodes(filters)

        def chosen(pruned: Pruned) -> Rows:
            rows = scan(self.statement, replace(node, fields=named), replace(reading, pruned=pruned), named)
            for each in filters:
                rows = filter_rows(self.statement, rows, each, self)
            return rows

        def every(pruned: Pruned) -> Rows:
            return scan(self.statement, node, replace(reading, pruned=pruned), frozenset())

        return count_selected(self.statement, reading.pruned, reading.bounds, MOST_VALUES, Choice(chosen, every))

    def _window_of_newest(self, chain: list[logical.Plan], whole: Pruned, bounds: Bounds) -> TimeSpan | None:
        """Where the events lie that the stages look at, if they look at the newest only."""
        count = newest_wanted(chain)
        return None if count is None else window_of_newest(without_parts(whole, self._without), bounds, count)

    def stage(  # noqa: C901, PLR0911, PLR0912, one case a node
        self, rows: Rows, node: logical.Plan, named: frozenset[str] = frozenset()
    ) -> Rows:
        """The rows that a node makes of others; it or what comes after it names the fields `named`."""
        match node:
            case logical.Filter():
                return filter_rows(self.statement, rows, node, self)
            case logical.Extend():
                return extend(self.statement, rows, node, self)
            case logical.Parse():
                return parse(self.statement, rows, node)
            case logical.Unpack():
                return unpack(self.statement, rows, node, named)
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
            case logical.Facets():
                return facets(self.statement, rows, node)
            case logical.Sample():
                return sample(self.statement, rows, node)
            case logical.Sessions():
                return sessions(self.statement, rows, node)
            case logical.Union():
                return union(self.statement, rows, self.rows(node.other, named=named), node)
            case logical.Join():
                return join(self.statement, rows, self.rows(node.other), node)
            case logical.Patterns():
                return patterns(self.statement, rows, node)
            case logical.Compare():
                return compare(self.statement, rows, self.rows(node.other), node)
            case logical.Picked():
                return picked(self.statement, rows, node)
            case logical.Scan() | logical.Context():
                raise TypeError(node)


def _between(only: tuple[int, ...]) -> range:
    """Where to look for some events, the first that simple filters let through of a window.

    To name each of a hundred takes the database longer than to test their neighbors again.
    """
    return range(min(only), max(only) + 1)


def _are_columns(fields: Collection[str], pruned: Pruned) -> bool:
    """Whether none of the fields may have to be looked up in `_more`, which takes long for each row."""
    return all(
        not piece.has_more or {column.field for column in piece.columns}.issuperset(fields) for piece in pruned.pieces
    )


def _named_from(chain: Sequence[logical.Plan], named: frozenset[str]) -> list[frozenset[str]]:
    """The fields that each node of a chain or one after it names, then those that what comes after the chain names."""
    later = [named]
    for node in reversed(chain):
        later.append(later[-1] | names_of_nodes((node,)))
    return later[::-1]
