"""Finding a field by its name among the fields of rows: its value, a notice, or an error."""

from __future__ import annotations

from collections.abc import Iterable

from logstore.errors import QueryError
from logstore.model.schema import LEVEL, RESERVED_FIELDS
from query.lang.nearest import nearest
from query.plan.expressions import FieldRef
from query.sql.rows import Rows
from query.sql.statement import Notice, Statement
from query.sql.typed import Typed

_MOST_LISTED = 20
"""A hint that lists more names than this helps nobody."""


def field_of(statement: Statement, rows: Rows, reference: FieldRef) -> Typed:
    """The value of a field.

    A name that no event within the bounds has is missing in every row and gets a notice; one that cannot be there,
    because a stage has settled the columns or has taken it away, is a QueryError.
    """
    name = reference.name
    if name in rows.fields:
        return rows.fields[name]
    if rows.closed or name in rows.gone:
        raise QueryError(f"there is no field {name} here", span=reference.span, hint=_hint(name, rows.fields))
    # Nothing is known of fields where there are no events at all; that the window is empty says enough.
    if rows.known and name not in rows.known and not rows.more_within:
        names = (rows.known.keys() | rows.fields.keys()) - RESERVED_FIELDS
        statement.notice(Notice(f"no event has a field {name}", reference.span, _hint(name, names, listed=False)))
    return Typed(severity=name == LEVEL)


def _hint(name: str, names: Iterable[str], *, listed: bool = True) -> str:
    known = sorted(names)
    near = nearest(name, known)
    if near is not None:
        return f"did you mean {near}?"
    return f"there are {', '.join(known)}" if listed and 0 < len(known) <= _MOST_LISTED else ""
