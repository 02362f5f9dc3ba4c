"""An answer in several statements: what each portion of the events yields is gathered in a table, and then asked.

The table is a temporary one of the query's connection, so it counts as the database's memory, spills as other things do
and ends with the query. Names of columns are made up anew for each statement (see `query.sql.rows`), so rows go into it
by position: the names are those of the statement that makes it, which reads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from query.plan import logical
from query.plan.countable import filters_of
from query.plan.known import KnownRows
from query.plan.portions import NOTHING, Portion
from query.plan.pruning import Pruning
from query.plan.split import Split
from query.sql.aggregates.terms import Term, different_values
from query.sql.bench import Bench
from query.sql.compile import Compiled, Compiler, Extent
from query.sql.final import Output, select_output
from query.sql.grouping import Grouped, Grouping, group_rows
from query.sql.known_rows import known_relation
from query.sql.rows import Rows
from query.sql.stage_aggregate import aggregate_grouping, aggregated
from query.sql.stage_top import top_grouping, topmost
from query.sql.typed import Typed

_TABLE = "gathered"
_NAME = re.compile(r"[a-z][0-9]+")
_NO_ANSWER = Output((), more=False, events=False)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The statements of a plan that is divided: `making`, then `portion` for each, then `answer`.

    Attributes:
        split: the plan.
        pruning: of the snapshot that it is asked of.
        most_rows: how many rows are wanted at most; None: all.
        yielded: how many rows there can be at most; None: any number.
    """

    split: Split
    pruning: Pruning
    most_rows: int | None
    yielded: int | None = None

    def making(self, without: Collection[str] = frozenset()) -> Compiled:
        """Makes the table."""
        return self._into(f"CREATE TEMP TABLE {_TABLE} AS", NOTHING, without)

    def portion(self, portion: Portion, without: Collection[str] = frozenset()) -> Compiled:
        """Adds what these pieces yield."""
        return self._into(f"INSERT INTO {_TABLE}", portion, without)

    def known(self, known: KnownRows, without: Collection[str] = frozenset()) -> Compiled:
        """Adds what is known without reading; only for groups whose aggregates all are numbers of rows."""
        compiler = Compiler(self.pruning, without)
        scanned = self._scanned(compiler, NOTHING)
        return _adding(f"INSERT INTO {_TABLE}", compiler, self._known(compiler, known, scanned))

    def at_once(self, known: KnownRows, portion: Portion, without: Collection[str] = frozenset()) -> Compiled:
        """Makes the answer of what is known and of the only portion, without a table; of such groups as `known`."""
        compiler, groups = Compiler(self.pruning, without), self.split.groups
        if groups is None:
            raise TypeError("only groups are known without reading")
        scanned = self._scanned(compiler, portion)
        grouping, made = _grouping(compiler, self._filtered(compiler, scanned), groups)
        read = _of_portion(compiler, grouping)
        both = f"SELECT * FROM {read.relation} UNION ALL SELECT * FROM {self._known(compiler, known, scanned)}"
        rows = self._combined(compiler, compiler.statement.define(both), replace(grouping, groups=read.groups), made)
        return self._finished(compiler, rows)

    def answer(self, without: Collection[str] = frozenset()) -> Compiled:
        """Makes the answer of the table."""
        compiler = Compiler(self.pruning, without)
        return self._finished(compiler, self._all_rows(compiler))

    def _finished(self, compiler: Compiler, rows: Rows) -> Compiled:
        for node in self.split.rest:
            rows = compiler.stage(rows, node)
        return compiler.finish(*select_output(compiler.statement, rows, self.most_rows), most_rows=self.yielded)

    def _known(self, compiler: Compiler, known: KnownRows, scanned: Rows) -> str:
        """The relation of what is known, in the columns of a portion; `scanned` are its rows before all filters."""
        rows, number = known_relation(compiler.statement, known, scanned)
        grouping, _ = _grouping(compiler, self._filtered(compiler, rows), self.split.each)
        terms = tuple(Term(term.name, f"sum({number})::BIGINT", counts=True) for term in grouping.terms)
        return _of_portion(compiler, replace(grouping, terms=terms)).relation

    def _filtered(self, compiler: Compiler, rows: Rows) -> Rows:
        for node in filters_of(self.split.each):
            rows = compiler.stage(rows, node)
        return rows

    def _scanned(self, compiler: Compiler, portion: Portion) -> Rows:
        """What a portion yields before it is filtered; only of plans that filter and group."""
        return compiler.scanned(self.split.each, Extent(portion=portion), self.split.named)

    def _into(self, how: str, portion: Portion, without: Collection[str]) -> Compiled:
        compiler = Compiler(self.pruning, without)
        rows = self._rows(compiler, portion)
        if self.split.groups is None:
            return _adding(how, compiler, rows.relation, _carried(rows))
        grouping, _ = _grouping(compiler, rows, self.split.groups)
        return _adding(how, compiler, _of_portion(compiler, grouping).relation)

    def _rows(self, compiler: Compiler, portion: Portion) -> Rows:
        """What a portion yields, before it is grouped."""
        plan = self.split.each if self.split.groups is None else self.split.groups.input
        return compiler.rows(plan, Extent(portion=portion), self.split.named)

    def _all_rows(self, compiler: Compiler) -> Rows:
        """The rows of `Split.each`, of all portions: compiled as if they were read, and then taken from the table."""
        rows = self._rows(compiler, NOTHING)
        statement, groups = compiler.statement, self.split.groups
        if groups is None:
            statement.start_over()
            # An order that a portion had is none of all of them; what asks for one makes it anew.
            return replace(rows, relation=_TABLE, order=rows.address.newest_first() if rows.address else ())
        grouping, made = _grouping(compiler, rows, groups)
        shown = _of_portion(compiler, grouping).groups
        statement.start_over()
        return self._combined(compiler, _TABLE, replace(grouping, groups=shown), made)

    def _combined(self, compiler: Compiler, relation: str, grouping: Grouping, made: dict[str, Typed]) -> Rows:
        """The rows of the grouping, of states that are the rows of a relation."""
        statement, groups = compiler.statement, self.split.groups
        combined = Grouping(Bench(statement, Rows(relation, {})), grouping.groups, grouping.terms)
        grouped = group_rows(statement, combined, Term.of_portions)
        if isinstance(groups, logical.Top):
            return topmost(statement, grouped, grouping.terms[0].name, groups)
        if not isinstance(groups, logical.Aggregate):
            raise TypeError(groups)
        return aggregated(statement, grouped, made, groups)


def _grouping(compiler: Compiler, rows: Rows, node: logical.Plan) -> tuple[Grouping, dict[str, Typed]]:
    match node:
        case logical.Aggregate():
            return aggregate_grouping(compiler.statement, rows, node, compiler)
        case logical.Top():
            return top_grouping(compiler.statement, rows, node), {}
    raise TypeError(node)


def _of_portion(compiler: Compiler, grouping: Grouping) -> Grouped:
    """The groups of a portion, with the states of their aggregates."""
    states = tuple(term for term in grouping.terms if term.distinct is None)
    apart = different_values(grouping.terms)
    return group_rows(compiler.statement, replace(grouping, terms=states), Term.of_portion, apart)


def _carried(rows: Rows) -> list[str]:
    """The columns that rows consist of; a value may be a literal, which is the same everywhere."""
    hidden = [] if rows.address is None else [rows.address.time, rows.address.seq]
    values = [sql for value in rows.fields.values() for _, sql in value.items()]
    more = [] if rows.more is None else [rows.more]
    return [name for name in dict.fromkeys([*hidden, *values, *more]) if _NAME.fullmatch(name)]


def _adding(how: str, compiler: Compiler, relation: str, columns: Collection[str] = ("*",)) -> Compiled:
    compiled = compiler.finish(
        compiler.statement.render(f"SELECT {', '.join(columns)} FROM {relation}"), _NO_ANSWER, gathers=True
    )
    return replace(compiled, sql=f"{how} {compiled.sql}")
