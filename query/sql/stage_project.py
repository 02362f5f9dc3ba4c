"""`fields`: these columns, in this order, and no others."""

from __future__ import annotations

from dataclasses import replace

from query.plan.expressions import FieldRef
from query.plan.logical import Choice, Project
from query.sql.lookup import field_of
from query.sql.more import with_prefixes
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


def project(statement: Statement, rows: Rows, node: Project) -> Rows:
    """The rows with the chosen columns. A prefix also keeps what `_more` holds under it."""
    fields: dict[str, Typed] = {}
    for choice in node.choices:
        for name, value in _chosen(statement, rows, choice).items():
            fields.setdefault(name, value)
    prefixes = [choice.name for choice in node.choices if choice.prefix]
    rows = replace(rows, fields=fields, closed=True, hidden=frozenset())
    if rows.more is None or not prefixes:
        return replace(rows, more=None)
    more = statement.fresh("m")
    relation = statement.define(f"SELECT *, {with_prefixes(rows.more, prefixes)} AS {more} FROM {rows.relation}")
    return replace(rows, relation=relation, more=more)


def _chosen(statement: Statement, rows: Rows, choice: Choice) -> dict[str, Typed]:
    if choice.prefix:
        return {name: value for name, value in rows.shown().items() if name.startswith(choice.name)}
    return {choice.name: field_of(statement, rows, FieldRef(choice.name, choice.span))}
