"""`drop`: all columns but these."""

from __future__ import annotations

from dataclasses import replace

from query.plan.expressions import FieldRef
from query.plan.logical import Drop
from query.sql.lookup import field_of
from query.sql.more import without_prefixes
from query.sql.rows import Rows
from query.sql.statement import Statement


def drop(statement: Statement, rows: Rows, node: Drop) -> Rows:
    """The rows without the chosen columns; those can no longer be named."""
    gone = set(rows.gone)
    for choice in node.choices:
        if choice.prefix:
            gone |= {name for name in rows.shown() if name.startswith(choice.name)}
        else:
            field_of(statement, rows, FieldRef(choice.name, choice.span))
            gone.add(choice.name)
    fields = {name: value for name, value in rows.fields.items() if name not in gone}
    rows = replace(rows, fields=fields, gone=frozenset(gone))
    prefixes = [choice.name for choice in node.choices if choice.prefix]
    if rows.more is None or not prefixes:
        return rows
    more = statement.fresh("m")
    relation = statement.define(f"SELECT *, {without_prefixes(rows.more, prefixes)} AS {more} FROM {rows.relation}")
    return replace(rows, relation=relation, more=more)
