"""`patterns`: the rows' texts are folded here, and templates of them are found outside of the database."""

from __future__ import annotations

from logstore.model.schema import MESSAGE, Kind
from query.patterns.mining import COUNT, EXAMPLE, FIRST, LAST, PATTERN, SCHEMA, SEARCH, SHARE, Mining
from query.plan.logical import Patterns
from query.sql.bench import Bench
from query.sql.lookup import field_of
from query.sql.order import SortTerm
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import MISSING, Typed, text_of

_KINDS = {
    PATTERN: Kind.TEXT,
    COUNT: Kind.INT,
    SHARE: Kind.FLOAT,
    FIRST: Kind.TIME,
    LAST: Kind.TIME,
    EXAMPLE: Kind.TEXT,
    SEARCH: Kind.TEXT,
}


def patterns(statement: Statement, rows: Rows, node: Patterns) -> Rows:
    """A row per template, by falling count and then by its text; rows that are no events have no times."""
    bench = Bench(statement, rows)
    text = text_of(field_of(statement, rows, node.field))
    column = bench.keep(text) if text is not None else None
    folding = _folding(bench.close(), column)
    name = None if node.field.name == MESSAGE else node.field.name
    table = statement.step(folding, Mining(name))
    columns = {name: statement.fresh("t") for name in SCHEMA.names}
    terms = ", ".join(f'"{name}" AS {column}' for name, column in columns.items())
    relation = statement.define(f"SELECT {terms} FROM {table}")
    fields = {name: Typed({kind: columns[name]}) for name, kind in _KINDS.items()}
    if rows.address is None:
        fields |= {FIRST: MISSING, LAST: MISSING}
    order = SortTerm(columns[COUNT], descending=True), SortTerm(columns[PATTERN]), SortTerm(columns[SEARCH])
    return Rows(relation, fields, order=order, closed=True)


def _folding(rows: Rows, text: str | None) -> str:
    """A statement for the different texts: how often, when first and last."""
    time = "0::BIGINT" if rows.address is None else f"epoch_ns({rows.address.time})"
    if text is None:
        text, condition = "NULL::VARCHAR", "false"
    else:
        condition = f"{text} IS NOT NULL"
    return (
        f"SELECT {text} AS f1, count(*) AS f2, min({time}) AS f3, max({time}) AS f4 "
        f"FROM {rows.relation} WHERE {condition} GROUP BY 1"
    )
