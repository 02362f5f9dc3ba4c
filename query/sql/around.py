"""Finding the lines around matches: the statements behind `context`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from logstore.model.schema import Column
from query.plan import logical
from query.plan.around import Reach
from query.plan.expressions import FieldRef
from query.plan.pruning import Pruning
from query.sql.bench import Bench
from query.sql.compile import WHOLE, Compiled, Compiler, Extent
from query.sql.final import Output
from query.sql.identity import identity_key
from query.sql.lookup import field_of
from query.sql.order import order_by
from query.sql.rows import Address, Rows
from query.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class SeqTable:
    """Numbers of events, to be registered before the statement runs."""

    name: str
    seqs: tuple[int, ...]

    def arrow(self) -> pa.Table:
        """The numbers, in a column `s`."""
        return pa.table({"s": pa.array(self.seqs, pa.int64())})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and of what.

    Attributes:
        by: the fields whose values make a source.
        pruning: of what is read.
    """

    by: tuple[FieldRef, ...]
    pruning: Pruning


def compile_matches(
    plan: logical.Plan, asked: Asked, extent: Extent = WHOLE, without: Collection[str] = frozenset()
) -> Compiled:
    """A statement that yields the time and the `_seq` of event rows, in their order, and the values of their source.

    Its output describes the columns after the first two.
    """
    compiler = Compiler(asked.pruning, without)
    rows = compiler.rows(plan, extent)
    bench = Bench(compiler.statement, rows)
    values = {field.name: bench.keep_all(field_of(compiler.statement, rows, field)) for field in asked.by}
    found = [(name, kind, sql) for name, value in values.items() for kind, sql in value.items()]
    closed, address = bench.close(), _address(rows)
    terms = [f"epoch_ns({address.time})", address.seq, *(sql for _, _, sql in found)]
    named = ", ".join(f"{sql} AS {compiler.statement.fresh('o')}" for sql in terms)
    cut = "" if extent.most_rows is None else f" LIMIT {extent.most_rows}"
    columns = tuple(Column(name, name, kind) for name, kind, _ in found)
    sql = compiler.statement.select(named, closed.relation, f"{order_by(rows.order)}{cut}")
    return compiler.finish(sql, Output(columns, more=False, events=False))


def compile_around(
    plans: Sequence[logical.Plan],
    matches: tuple[int, ...],
    reach: Reach,
    asked: Asked,
    without: Collection[str] = frozenset(),
) -> Compiled:
    """A statement that yields the lines next to matches among the rows of each plan, as `around.Found` has them."""
    compiler = Compiler(asked.pruning, without)
    table = SeqTable(compiler.statement.fresh("d"), matches)
    compiler.statement.tables.append(table)
    selects = [
        _near(compiler.statement, compiler.rows(plan), asked.by, f"{place} AS w", (table, reach))
        for place, plan in enumerate(plans)
    ]
    sql = compiler.statement.render("\nUNION ALL ".join(selects))
    return compiler.finish(sql, Output((), more=False, events=False))


def _near(statement: Statement, rows: Rows, by: Sequence[FieldRef], window: str, wanted: tuple[SeqTable, Reach]) -> str:
    """The rows of one window with a match near them in their source."""
    table, reach = wanted
    bench, address = Bench(statement, rows), _address(rows)
    keys = [bench.column(sql) for field in by for sql in identity_key(field_of(statement, rows, field))]
    is_match = bench.column(f"({address.seq} IN (SELECT s FROM {table.name}))")
    source = f"PARTITION BY {', '.join(keys)}" if keys else ""
    in_order = f"{source} ORDER BY {address.time}, {address.seq}"
    near = f"bool_or({is_match}) OVER ({in_order} ROWS BETWEEN {reach.after} PRECEDING AND {reach.before} FOLLOWING)"
    terms = (
        window,
        f"min({address.seq}) OVER ({source}) AS source",
        f"row_number() OVER ({in_order}) AS place",
        f"count(*) OVER ({source}) AS lines",
        f"epoch_ns({address.time}) AS time_ns",
        f"{address.seq} AS seq",
        f"{is_match} AS is_match",
        f"{near} AS near",
    )
    relation = statement.define(f"SELECT {', '.join(terms)} FROM {bench.close().relation}")
    return f"SELECT * EXCLUDE (near) FROM {relation} WHERE near"


def _address(rows: Rows) -> Address:
    if rows.address is None:
        raise TypeError("only event rows have a context")
    return rows.address
