"""`stats` and `count`: groups and their aggregates."""

from __future__ import annotations

from dataclasses import replace

from query.plan.logical import Aggregate
from query.sql.aggregates import AGGREGATES
from query.sql.aggregates.gathering import Gathering
from query.sql.aggregates.terms import Term
from query.sql.bench import Bench
from query.sql.expressions import Expressions
from query.sql.grouping import Grouped, Grouping, group_rows
from query.sql.membership import Subqueries
from query.sql.order import SortTerm, sort_terms
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


def aggregate(statement: Statement, rows: Rows, node: Aggregate, subqueries: Subqueries) -> Rows:
    """A row per group, ordered by the groups' values."""
    grouping, made = aggregate_grouping(statement, rows, node, subqueries)
    return aggregated(statement, _counted(statement, rows, grouping), made, node)


def _counted(statement: Statement, rows: Rows, grouping: Grouping) -> Grouped:
    """The groups, which also count what could not be computed in their rows: else these would be read once more."""
    conditions = statement.failing_within(rows.relation)
    if not conditions:
        return group_rows(statement, grouping)
    known, column = len(statement.failures), statement.fresh("a")
    sql = " + ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)
    term = Term(column, sql, counts=True)
    grouped = group_rows(statement, replace(grouping, terms=(*grouping.terms, term)))
    statement.computed_once.add(grouped.relation)
    statement.counted = grouped.relation, column, known
    return grouped


def aggregate_grouping(
    statement: Statement, rows: Rows, node: Aggregate, subqueries: Subqueries
) -> tuple[Grouping, dict[str, Typed]]:
    """What is to be grouped, and each aggregate's value in terms of what the groups will have."""
    bench = Bench(statement, rows)
    expressions = Expressions(bench, subqueries)
    groups = {name: bench.keep_all(expressions.value(value)) for name, value in node.groups}
    gathering = Gathering(bench, node.seconds)
    made: dict[str, Typed] = {}
    for aggregation in node.aggregations:
        made[aggregation.name] = AGGREGATES[aggregation.function](gathering, expressions, aggregation)
    return Grouping(bench, groups, tuple(gathering.terms)), made


def aggregated(statement: Statement, grouped: Grouped, made: dict[str, Typed], node: Aggregate) -> Rows:
    """The rows that groups make."""
    finishing = Bench(statement, Rows(grouped.relation, {}))
    result = Rows(grouped.relation, {}, closed=True)
    for name, value in {**grouped.groups, **made}.items():
        result = result.with_field(name, finishing.keep_all(value))
    order: list[SortTerm] = []
    for name, _ in node.groups:
        order += sort_terms(result.fields[name])
    kept = tuple(SortTerm(finishing.column(term.sql), term.descending) for term in order)
    done = finishing.close()
    return Rows(done.relation, result.fields, order=kept, closed=True)
