"""`context`, once its lines are known: picking them, marked and in groups."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from logstore.model.schema import Kind
from query.plan.around import Lines
from query.plan.logical import GROUP, MATCH, Picked
from query.sql.added import with_fields
from query.sql.order import SortTerm
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


@dataclass(frozen=True, slots=True)
class LineTable:
    """Lines to pick, to be registered before the statement runs."""

    name: str
    lines: Lines

    def arrow(self) -> pa.Table:
        """`s` is the number of the event, `m` whether it is a match, `g` its group."""
        lines = self.lines
        columns = ((lines.seqs, pa.int64()), (lines.matches, pa.bool_()), (lines.groups, pa.int64()))
        return pa.table([pa.array(values, kind) for values, kind in columns], names=["s", "m", "g"])


def picked(statement: Statement, rows: Rows, node: Picked) -> Rows:
    """The lines, group by group, the newest first."""
    if rows.address is None:
        raise TypeError("only events can be picked")
    table = LineTable(statement.fresh("d"), node.lines)
    statement.tables.append(table)
    match, group = statement.fresh("x"), statement.fresh("x")
    relation = statement.define(
        f"SELECT {rows.relation}.*, {table.name}.m AS {match}, {table.name}.g AS {group} "
        f"FROM {rows.relation} JOIN {table.name} ON {rows.relation}.{rows.address.seq} = {table.name}.s"
    )
    added = {MATCH: Typed({Kind.BOOL: match}), GROUP: Typed({Kind.INT: group})}
    rows = with_fields(statement, rows.at(relation), added)
    return replace(rows, order=(SortTerm(group), *rows.address.newest_first())) if rows.address else rows
