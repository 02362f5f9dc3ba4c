"""`facets`: the most frequent values of every field, in one pass over the rows.

Columns with far too many values are not grouped by: ids and texts would fill the memory and tell nobody anything. Which
these are a sample of the rows may have shown, for a column that has too many in some rows has too many in all of them;
else a pass of its own estimates it. Of the others it is settled by counting which have too many, so that it does not
depend on where the rows lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logstore.model.schema import LEVEL, MESSAGE, TAG, TIME, Kind
from query.plan.logical import Facets
from query.sql import quote
from query.sql.bench import Bench
from query.sql.counted_parts import FIELD, NUMBER, VALUE, VALUES
from query.sql.identity import identity_key, representative
from query.sql.more import from_json_text
from query.sql.order import SortTerm, order_by, sort_terms
from query.sql.rows import Rows
from query.sql.spelling import as_json
from query.sql.statement import Statement
from query.sql.typed import SQL_TYPES, Typed, present

MOST_VALUES = 1000
"""A field with more values is not listed. More: ids of small stores are, which tell nothing; fewer: the paths of a web
server are not."""

TOO_MANY = 2 * MOST_VALUES
"""An estimate beyond which there are more values than that for certain: it is right to a tenth or so."""

_FIRST = (LEVEL, TAG, MESSAGE)


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one kind of a field."""

    field: str
    kind: Kind
    sql: str


def facets(statement: Statement, rows: Rows, node: Facets) -> Rows:
    """Rows of field, value, count and share; by the field, the count and then the value."""
    apart = rows.counted
    if apart is not None and apart.rest is None and rows.is_empty:
        values = ", ".join(VALUES.values())
        selects, value = [f"SELECT {FIELD} AS name, {values}, {NUMBER} AS n FROM {apart.table}"], VALUE
    else:
        selects, value = _counted(statement, rows, node), from_json_text("json")
    bench = Bench(statement, Rows(statement.define("\nUNION ALL ".join(selects)), {}))
    kept = bench.keep_all(value)
    return _ranked(statement, bench.close(), kept, node.limit)


def _counted(statement: Statement, rows: Rows, node: Facets) -> list[str]:
    """SELECTs of (name, json, n), a row for each value of each column; null for all values where they are too many."""
    counted = ["SELECT ''::VARCHAR AS name, ''::VARCHAR AS json, 0::BIGINT AS n WHERE false"]
    apart = rows.counted
    if apart is not None:
        counted.append(f"SELECT {FIELD} AS name, {as_json(VALUE)} AS json, {NUMBER} AS n FROM {apart.table}")
    if apart is not None and apart.rest is not None:
        counted.append(_counted_more(statement, Rows(apart.rest, {}), "more"))
    return counted if rows.is_empty else [*counted, *_counted_rows(statement, rows, node)]


def _counted_rows(statement: Statement, rows: Rows, node: Facets) -> list[str]:
    counted: list[str] = []
    closed, columns = columns_of(statement, rows)
    if columns and node.plenty is None:
        counted += _counted_after_look(statement, closed, columns)
    elif columns:
        plenty = node.plenty or frozenset()
        counted += _listed(statement, closed, [column for column in columns if column.field not in plenty])
        counted += _unlisted(statement, closed, [column for column in columns if column.field in plenty])
    if rows.more is not None:
        counted.append(_counted_more(statement, closed, rows.more))
    return counted


def columns_of(statement: Statement, rows: Rows) -> tuple[Rows, list[Column]]:
    """The rows with a column for the values of each kind of every field but `time`."""
    bench = Bench(statement, rows)
    columns = [
        Column(name, kind, bench.column(f"{sql} + 0.0" if kind is Kind.FLOAT else sql))
        for name, value in rows.shown().items()
        for kind, sql in value.items()
        if name != TIME
    ]
    return bench.close(), columns


def _listed(statement: Statement, rows: Rows, columns: Sequence[Column]) -> list[str]:
    """A SELECT of (name, json, n), a row for each value of each column; null for all values where they are too many."""
    if not columns:
        return []
    grouped = _grouped(statement, rows.relation, columns)
    counted = f"SELECT *, count(*) OVER (PARTITION BY name) AS size FROM ({grouped})"
    return [f"SELECT name, CASE WHEN size <= {MOST_VALUES} THEN json END AS json, n FROM ({counted})"]


def _unlisted(statement: Statement, rows: Rows, columns: Sequence[Column]) -> list[str]:
    """Likewise, of columns that are known to have too many values."""
    if not columns:
        return []
    sizes = [statement.fresh("x") for _ in columns]
    terms = ", ".join(f"count({column.sql}) AS {size}" for column, size in zip(columns, sizes, strict=True))
    counts = statement.define(f"SELECT {terms} FROM {rows.relation}")
    structs = ", ".join(
        f"struct_pack(name := {quote.text(column.field)}, json := NULL::VARCHAR, n := {size})"
        for column, size in zip(columns, sizes, strict=True)
    )
    return [f"SELECT * FROM (SELECT unnest([{structs}], recursive := true) FROM {counts}) WHERE n > 0"]


def _grouped(statement: Statement, source: str, columns: Sequence[Column]) -> str:
    """A SELECT of (name, json, n), a row for each value of each column."""
    names = [column.sql for column in columns]
    sets = ", ".join(f"({name})" for name in names)
    relation = statement.define(
        f"SELECT {', '.join(names)}, count(*) AS n FROM {source} GROUP BY GROUPING SETS ({sets})"
    )
    # Of the columns of a group one has a value: the one that it was grouped by.
    fields = " ".join(f"WHEN {c.sql} IS NOT NULL THEN {quote.text(c.field)}" for c in columns)
    texts = " ".join(f"WHEN {c.sql} IS NOT NULL THEN {as_json(Typed({c.kind: c.sql}))}" for c in columns)
    spelled = f"SELECT CASE {fields} END AS name, CASE {texts} END AS json, n FROM {relation}"
    return f"SELECT * FROM ({spelled}) WHERE name IS NOT NULL"


def _counted_after_look(statement: Statement, rows: Rows, columns: Sequence[Column]) -> list[str]:
    """SELECTs of (name, json, n), a row for each value of each column; null for all values where they are too many."""
    sizes, counts, few = ([statement.fresh("x") for _ in columns] for _ in range(3))
    looks = (f"approx_count_distinct({column.sql}) AS {size}" for column, size in zip(columns, sizes, strict=True))
    present_rows = (f"count({column.sql}) AS {count}" for column, count in zip(columns, counts, strict=True))
    look = statement.define(f"SELECT {', '.join([*looks, *present_rows])} FROM {rows.relation}", once=True)
    kept = ", ".join(
        f"CASE WHEN {size} <= {TOO_MANY} THEN {column.sql} END AS {name}"
        for column, size, name in zip(columns, sizes, few, strict=True)
    )
    renamed = [Column(column.field, column.kind, name) for column, name in zip(columns, few, strict=True)]
    listed = _grouped(statement, f"(SELECT {kept} FROM {rows.relation}, {look})", renamed)
    unlisted = ", ".join(
        f"struct_pack(name := {quote.text(column.field)}, json := NULL::VARCHAR,"
        f" n := CASE WHEN {size} > {TOO_MANY} THEN {count} END)"
        for column, size, count in zip(columns, sizes, counts, strict=True)
    )
    many = f"SELECT * FROM (SELECT unnest([{unlisted}], recursive := true) FROM {look}) WHERE n IS NOT NULL"
    return [listed, many]


def _counted_more(statement: Statement, rows: Rows, more: str) -> str:
    """Likewise, of the fields that have no columns."""
    entries = statement.define(f"SELECT unnest(map_entries({more}), recursive := true) FROM {rows.relation}")
    look = statement.define(f"SELECT key AS name, approx_count_distinct(value) AS size FROM {entries} GROUP BY key")
    kept = f"CASE WHEN size <= {TOO_MANY} THEN value END"
    return f"SELECT name, {kept} AS json, count(*) AS n FROM {entries} JOIN {look} ON key = name GROUP BY ALL"


def _ranked(statement: Statement, counted: Rows, value: Typed, limit: int) -> Rows:
    """The values of each field put together, and the most frequent ones of them; too many are one missing value.

    Args:
        statement: is added to.
        counted: a relation of name, the value, and n; without a value for all values where they are too many.
        value: in it.
        limit: so many of each field.
    """
    bench = Bench(statement, counted)
    columns = {kind: statement.fresh("g") for kind in value.kinds}
    keys = [bench.column(key) for key in identity_key(value)]
    made = [f"{sql} AS {columns[kind]}" for kind, sql in representative(value).items()]
    terms = ", ".join(["name", *made, "sum(n)::BIGINT AS n"])
    joined = statement.define(f"SELECT {terms} FROM {bench.close().relation} GROUP BY name, {', '.join(keys)}")
    shown = Typed(columns)
    of_field = "OVER (PARTITION BY name)"
    is_many = f"count(*) {of_field} > {MOST_VALUES} OR bool_or(NOT {present(shown)}) {of_field}"
    judged = statement.define(f"SELECT *, sum(n) {of_field} AS whole, {is_many} AS many FROM {joined}", once=True)
    best = order_by([SortTerm("n", descending=True), *sort_terms(shown)])
    most = f"SELECT name, {', '.join(columns.values())}, n, n / whole AS share FROM {judged} WHERE NOT many"
    most += f" QUALIFY row_number() OVER (PARTITION BY name{best}) <= {limit}"
    nothing = ", ".join(f"NULL::{SQL_TYPES[kind]}" for kind in columns)
    rest = f"SELECT name, {nothing}, sum(n)::BIGINT, 1.0 FROM {judged} WHERE many GROUP BY name"
    relation = statement.define(f"SELECT *, {_place()} AS place FROM ({most} UNION ALL {rest})")
    fields = {
        "field": Typed({Kind.TEXT: "name"}),
        "value": shown,
        "count": Typed({Kind.INT: "n"}),
        "share": Typed({Kind.FLOAT: "share"}),
    }
    order = (SortTerm("place"), SortTerm("name"), SortTerm("n", descending=True), *sort_terms(shown))
    return Rows(relation, fields, order=order, closed=True)


def _place() -> str:
    """The place of a field: those that every event has go first."""
    cases = " ".join(f"WHEN {quote.text(name)} THEN {place}" for place, name in enumerate(_FIRST))
    return f"CASE name {cases} ELSE {len(_FIRST)} END"
