"""`rename`: columns under new names."""

from __future__ import annotations

from dataclasses import replace

from logstore.model.schema import LEVEL
from query.plan.expressions import FieldRef
from query.plan.logical import Rename
from query.sql.lookup import field_of
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


def rename(statement: Statement, rows: Rows, node: Rename) -> Rows:
    """The rows with the columns renamed one after the other; a column keeps its place."""
    for old, new in node.renamings:
        if old.name != new:
            rows = _renamed(statement, rows, old, new)
    return rows


def _renamed(statement: Statement, rows: Rows, old: FieldRef, new: str) -> Rows:
    value = field_of(statement, rows, old)
    moved = Typed(value.kinds, severity=new == LEVEL)
    fields = {
        new if name == old.name else name: moved if name == old.name else kept
        for name, kept in rows.fields.items()
        if name != new
    }
    fields.setdefault(new, moved)
    return replace(rows, fields=fields, gone=(rows.gone | {old.name}) - {new}, hidden=rows.hidden - {old.name, new})
