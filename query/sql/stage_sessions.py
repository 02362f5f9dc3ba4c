"""`sessions`: the events of each value of a field, parted where none came for a while."""

from __future__ import annotations

from logstore.errors import QueryError
from logstore.model.schema import Kind
from query.plan.logical import Sessions
from query.sql import quote
from query.sql.aggregates.terms import Term
from query.sql.bench import Bench
from query.sql.grouping import Grouping, group_rows
from query.sql.identity import identity_key
from query.sql.lookup import field_of
from query.sql.order import SortTerm, sort_terms
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed, present


def sessions(statement: Statement, rows: Rows, node: Sessions) -> Rows:
    """A row per session: the value, start, end, count and duration; by their start, then by the value."""
    if rows.address is None:
        raise QueryError("sessions are made of events", span=node.span, hint="put it before stats, top and the like")
    bench = Bench(statement, rows)
    value = bench.keep_all(field_of(statement, rows, node.by))
    time = bench.column(f"epoch_ns({rows.address.time})")
    parted, number = _numbered(statement, bench, value, time, node.gap_ns)
    columns = {name: statement.fresh("a") for name in ("start", "end", "count")}
    of_rows = {"start": f"min({time})", "end": f"max({time})", "count": "count(*)"}
    terms = tuple(Term(column, of_rows[name]) for name, column in columns.items())
    groups = {node.by.name: value}
    grouped = group_rows(statement, Grouping(Bench(statement, parted), groups, terms), apart=(number,))
    length = f"({columns['end']}::HUGEINT - {columns['start']})::DOUBLE / 1e9"
    fields = {
        node.by.name: grouped.groups[node.by.name],
        "start": Typed({Kind.TIME: columns["start"]}),
        "end": Typed({Kind.TIME: columns["end"]}),
        "count": Typed({Kind.INT: columns["count"]}),
        "duration": Typed({Kind.FLOAT: length}),
    }
    order = (SortTerm(columns["start"]), *sort_terms(fields[node.by.name]))
    return Rows(grouped.relation, fields, order=order, closed=True)


def _numbered(statement: Statement, bench: Bench, value: Typed, time: str, gap_ns: int) -> tuple[Rows, str]:
    """The rows that have the value, and the column of the number that their session has among those of the value."""
    keys = [bench.column(key) for key in identity_key(value)]
    rows = bench.close()
    of_value = f"PARTITION BY {', '.join(keys)} " if keys else ""
    begins, number = statement.fresh("x"), statement.fresh("x")
    # As HUGEINT: from the first instant that there is to the last one is more than a BIGINT holds.
    pause = f"{time}::HUGEINT - lag({time}) OVER ({of_value}ORDER BY {time})"
    begun = f"SELECT *, {pause} > {quote.integer(gap_ns)} AS {begins} FROM {rows.relation} WHERE {present(value)}"
    counted = f"count(*) FILTER (WHERE {begins}) OVER ({of_value}ORDER BY {time})"
    return rows.at(statement.define(f"SELECT *, {counted} AS {number} FROM ({begun})")), number
