"""Groups of rows with equal values, as `stats` and `top` make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from query.sql.bench import Bench
from query.sql.identity import identity_key, representative
from query.sql.statement import Statement
from query.sql.typed import Typed


@dataclass(frozen=True, slots=True)
class Grouped:
    """A relation of groups: the value of each group column in it."""

    relation: str
    groups: dict[str, Typed]


def group_rows(
    statement: Statement, bench: Bench, groups: Mapping[str, Typed], gathered: Sequence[str], where: str = ""
) -> Grouped:
    """One row per combination of values, with aggregates.

    Args:
        statement: gets the relation.
        bench: where the values stand; it is closed.
        groups: the values to group by, by the name of their column; of none there is one group.
        gathered: further terms of the SELECT, aggregates with their names.
        where: a condition on the rows, if any.
    """
    groups = {name: _in_columns(bench, value) for name, value in groups.items()}
    keys = [bench.column(key) for value in groups.values() for key in identity_key(value)]
    shown: dict[str, Typed] = {}
    terms: list[str] = []
    for name, value in groups.items():
        columns = {kind: statement.fresh("g") for kind in value.kinds}
        terms += [f"{sql} AS {columns[kind]}" for kind, sql in representative(value).items()]
        shown[name] = Typed(columns, value.severity)
    rows = bench.close()
    by = f" GROUP BY {', '.join(keys)}" if keys else _one_group_at_most(groups)
    condition = f" WHERE {where}" if where else ""
    relation = statement.define(f"SELECT {', '.join([*terms, *gathered])} FROM {rows.relation}{condition}{by}")
    return Grouped(relation, shown)


def _in_columns(bench: Bench, value: Typed) -> Typed:
    return Typed({kind: bench.column(sql) for kind, sql in value.items()}, value.severity)


def _one_group_at_most(groups: Mapping[str, Typed]) -> str:
    """By values that are missing in every row there is one group, but none of no rows."""
    return " HAVING count(*) > 0" if groups else ""
