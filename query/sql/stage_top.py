"""`top` and `rare`: the most and least frequent combinations of values."""

from __future__ import annotations

from logstore.errors import QueryError
from logstore.model.schema import Kind
from query.plan.logical import Top
from query.sql.aggregates.terms import Term
from query.sql.bench import Bench
from query.sql.grouping import Grouped, Grouping, group_rows
from query.sql.lookup import field_of
from query.sql.order import SortTerm, order_by, sort_terms
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed, any_of, present

COUNT, SHARE = "count", "share"


def top(statement: Statement, rows: Rows, node: Top) -> Rows:
    """A row per combination with its count and share, by count and then by the values."""
    grouping = top_grouping(statement, rows, node)
    return topmost(statement, group_rows(statement, grouping), grouping.terms[0].name, node)


def top_grouping(statement: Statement, rows: Rows, node: Top) -> Grouping:
    """What is to be grouped, with one aggregate: the count."""
    bench = Bench(statement, rows)
    values = {field.name: bench.keep_all(field_of(statement, rows, field)) for field in node.fields}
    for field in node.fields:
        if field.name in {COUNT, SHARE}:
            raise QueryError(
                f"two columns would be called {field.name}", span=field.span, hint="rename the field first"
            )
    somewhere = any_of(present(value) for value in values.values() if value.kinds)
    return Grouping(bench, values, (Term(statement.fresh("a"), "count(*)", counts=True),), somewhere)


def topmost(statement: Statement, grouped: Grouped, count: str, node: Top) -> Rows:
    """The rows that groups make, of which `count` is the column that says how large they are."""
    share = statement.fresh("a")
    shares = f"SELECT *, {count}::DOUBLE / sum({count}) OVER () AS {share} FROM {grouped.relation}"
    terms = [SortTerm(count, descending=not node.rare)]
    for value in grouped.groups.values():
        terms += sort_terms(value)
    relation = statement.define(f"SELECT * FROM ({shares}){order_by(terms)} LIMIT {node.limit}")
    fields = {**grouped.groups, COUNT: Typed({Kind.INT: count}), SHARE: Typed({Kind.FLOAT: share})}
    return Rows(relation, fields, order=tuple(terms), closed=True)
