"""Groups of rows with equal values, as `stats` and `top` make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from query.sql.aggregates.terms import Spell, Term
from query.sql.bench import Bench
from query.sql.identity import identity_key, representative
from query.sql.statement import Statement
from query.sql.typed import Typed


@dataclass(frozen=True, slots=True)
class Grouping:
    """What is to be grouped.

    Attributes:
        bench: where the values stand; grouping closes it.
        groups: the values to group by, by the name of their column; of none there is one group.
        terms: aggregates.
        where: a condition on the rows, if any.
    """

    bench: Bench
    groups: Mapping[str, Typed]
    terms: tuple[Term, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Grouped:
    """A relation of groups: the value of each group column in it."""

    relation: str
    groups: dict[str, Typed]


def group_rows(
    statement: Statement, grouping: Grouping, spell: Spell = Term.whole, apart: Sequence[str] = ()
) -> Grouped:
    """One row per combination of values, with aggregates.

    Args:
        statement: gets the relation.
        grouping: what is grouped.
        spell: how the aggregates are written.
        apart: further columns; rows that differ there are groups of their own.
    """
    bench = grouping.bench
    groups = {name: _in_columns(bench, value) for name, value in grouping.groups.items()}
    keys = [bench.column(key) for value in groups.values() for key in identity_key(value)]
    keys += (column for column in apart if column not in keys)
    shown: dict[str, Typed] = {}
    terms: list[str] = []
    for name, value in groups.items():
        columns = {kind: statement.fresh("g") for kind in value.kinds}
        terms += [f"{sql} AS {columns[kind]}" for kind, sql in representative(value).items()]
        shown[name] = Typed(columns, value.severity)
    # Without an aggregate there are no groups where there is nothing to group by.
    terms += [*map(spell, grouping.terms), *apart] or ["count(*)"]
    rows = bench.close()
    by = f" GROUP BY {', '.join(keys)}" if keys else _one_group_at_most(groups)
    condition = f" WHERE {grouping.where}" if grouping.where else ""
    relation = statement.define(f"SELECT {', '.join(terms)} FROM {rows.relation}{condition}{by}")
    return Grouped(relation, shown)


def _in_columns(bench: Bench, value: Typed) -> Typed:
    return Typed({kind: bench.column(sql) for kind, sql in value.items()}, value.severity)


def _one_group_at_most(groups: Mapping[str, Typed]) -> str:
    """By values that are missing in every row there is one group, but none of no rows."""
    return " HAVING count(*) > 0" if groups else ""
