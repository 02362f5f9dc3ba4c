"""What DuckDB has against a statement, told to whoever wrote it: what, where, and what to write instead."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from logstore.errors import LogstoreError, QueryError, Span
from query.lang.nearest import nearest
from query.sandbox.tree import Checked, ascii_lower, span_of

_OF_THE_ASKER = frozenset(
    ("Binder", "Catalog", "Conversion", "Invalid Input", "Not implemented", "Out of Range", "Parser")
)
"""The kinds of errors that a statement is to blame for. Any other is a bug, or a limit."""

_UNKNOWN_COLUMN = "COLUMN_NOT_FOUND"


def syntax_error(told: Mapping[str, Any], text: str) -> QueryError:
    """The error for a text that `json_serialize_sql` could not parse."""
    if told.get("error_type") == "not implemented":
        hint = "PIVOT and all that writes or changes something is refused; docs/sql.md lists what there is"
        return QueryError("only SELECT can be asked", text, hint=hint)
    place = str(told.get("location", "")).strip("[]").split(",")
    start, length = (int(each) for each in place) if all(each.isdigit() for each in place) else (None, None)
    span = span_of(text, start, length) or (Span(len(text) - 1, len(text)) if text and start is not None else None)
    return QueryError(str(told.get("error_message", "this is no SQL")).split("\n")[0], text, span)


def unknown_column(error: Exception) -> str | None:
    """The name of the column that a statement asks for and that is not there; None when that is not the trouble."""
    told = _told(error)
    return str(told["name"]) if told.get("error_subtype") == _UNKNOWN_COLUMN and "name" in told else None


def fault(error: Exception, text: str, checked: Checked, known: Collection[str]) -> LogstoreError | None:
    """The error to tell the asker; None when DuckDB's is not the asker's to know.

    Args:
        error: DuckDB's, with `errors_as_json`.
        text: the statement as it was written.
        checked: what it refers to.
        known: the names of columns that there are.
    """
    kind = str(error).partition(" Error: ")[0]
    if kind not in _OF_THE_ASKER:
        return None
    name = unknown_column(error)
    if name is not None:
        near = nearest(name, sorted(known))
        hint = f"did you mean {near}?" if near else "names with dots need double quotes; SELECT * shows what there is"
        return QueryError(f"there is no field {name} here", text, _place(name, checked.names), hint)
    message = str(_told(error).get("exception_message") or str(error).partition(" Error: ")[2])
    return QueryError(_first_line(message), text, _function_in(message, checked))


def _first_line(message: str) -> str:
    return message.strip().partition("\n")[0].partition(" You might need to")[0].partition(" Use TRY(")[0]


def _function_in(message: str, checked: Checked) -> Span | None:
    """The place of the function that a message is about."""
    return next((span for name, span in checked.functions.items() if f"'{name}(" in message), None)


def _place(name: str, places: Mapping[str, Span | None]) -> Span | None:
    return next((span for each, span in places.items() if ascii_lower(each) == ascii_lower(name)), None)


def _told(error: Exception) -> Mapping[str, Any]:
    text = str(error)
    start = text.find("{")
    try:
        told = json.loads(text[start:]) if start >= 0 else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
