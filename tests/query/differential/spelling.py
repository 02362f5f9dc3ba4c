"""Names and values as query text."""

from __future__ import annotations

import math
import re

from tests.query.differential.values import Json, Time, Value, number_text, rfc3339

_BARE_IN_SEARCH = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_BARE_IN_EXPRESSION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_BARE_VALUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_KEYWORDS = frozenset(
    ("and", "or", "not", "AND", "OR", "NOT", "in", "between", "like", "is", "null", "true", "false", "by", "as", "keep")
)


def quoted(text: str) -> str:
    """A text literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def backquoted(name: str) -> str:
    """A field name with any characters."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def search_field(name: str) -> str:
    """A field before the `:` of a search."""
    return name if _BARE_IN_SEARCH.fullmatch(name) and name not in _KEYWORDS else backquoted(name)


def field(name: str) -> str:
    """A field in an expression or a stage."""
    return name if _BARE_IN_EXPRESSION.fullmatch(name) and name not in _KEYWORDS else backquoted(name)


def literal(value: Value) -> str | None:
    """A value as a literal of an expression; None when it has no literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Time):
        return quoted(rfc3339(value.ns))
    if isinstance(value, (str, Json)):
        text = value.text if isinstance(value, Json) else value
        return None if "\n" in text else quoted(text)
    if value is None or not math.isfinite(value):
        return None
    return number_text(value)


def search_value(value: Value) -> str | None:
    """A value after the `:` of a search, unquoted where that is possible."""
    if isinstance(value, bool) or value is None:
        return None if value is None else str(value).lower()
    if isinstance(value, str) and _BARE_VALUE.fullmatch(value) and value not in _KEYWORDS:
        return value
    return literal(value)
