"""Columns that a relation has already, as fields of its rows in the place of those of the same names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from query.sql.more import without_names
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


def with_fields(statement: Statement, rows: Rows, added: Mapping[str, Typed]) -> Rows:
    """The rows with the fields; what events keep under these names in `_more` is gone."""
    for name, value in added.items():
        rows = rows.with_field(name, value)
    if rows.more is None or not added:
        return rows
    more = statement.fresh("m")
    relation = statement.define(f"SELECT *, {without_names(rows.more, added)} AS {more} FROM {rows.relation}")
    return replace(rows, relation=relation, more=more)
