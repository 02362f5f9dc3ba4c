"""Values out of `_more`, where each is kept as JSON text: typed back as they were sent."""

from __future__ import annotations

from collections.abc import Iterable

from logstore.model.schema import Kind
from query.sql import quote
from query.sql.typed import Typed, any_of

MORE_SQL_TYPE = "MAP(VARCHAR, VARCHAR)"

MORE_KINDS = (Kind.BOOL, Kind.INT, Kind.UINT, Kind.FLOAT, Kind.TEXT, Kind.JSON)
"""Every kind that a value in `_more` may be of."""


def lookup(column: str, field: str) -> str:
    """The JSON text of one field, null where it is missing."""
    return f"{column}[{quote.text(field)}]"


def from_json_text(text: str) -> Typed:
    """The value that a JSON text stands for, missing for null; `text` is used often: a plain column, please.

    Integers are those without point and exponent; NaN, Infinity and -Infinity are doubles.
    """
    whole = f"regexp_full_match({text}, '-?[0-9]+')"
    integral = f"(TRY_CAST({text} AS BIGINT) IS NOT NULL OR TRY_CAST({text} AS UBIGINT) IS NOT NULL)"
    double = f"regexp_full_match({text}, '-?[0-9].*|NaN|-?Infinity') AND NOT ({whole} AND {integral})"
    return Typed(
        {
            Kind.BOOL: f"CASE {text} WHEN 'true' THEN true WHEN 'false' THEN false END",
            Kind.INT: f"CASE WHEN {whole} THEN TRY_CAST({text} AS BIGINT) END",
            Kind.UINT: f"CASE WHEN {whole} AND TRY_CAST({text} AS BIGINT) IS NULL THEN TRY_CAST({text} AS UBIGINT) END",
            Kind.FLOAT: f"CASE WHEN {double} THEN TRY_CAST({text} AS DOUBLE) END",
            Kind.TEXT: f"CASE WHEN starts_with({text}, '\"') THEN json_extract_string({text}, '$') END",
            Kind.JSON: f"CASE WHEN starts_with({text}, '[') OR starts_with({text}, '{{') THEN {text} END",
        }
    )


def without_names(column: str, names: Iterable[str]) -> str:
    """The map without these fields; null when nothing is left."""
    return _filtered(column, f"NOT list_contains({quote.texts(names)}, e.key)")


def with_prefixes(column: str, prefixes: Iterable[str]) -> str:
    """The fields of the map whose names start with one of the prefixes; null when there are none."""
    return _filtered(column, any_of(f"starts_with(e.key, {quote.text(prefix)})" for prefix in prefixes))


def without_prefixes(column: str, prefixes: Iterable[str]) -> str:
    """The fields of the map whose names start with none of the prefixes; null when there are none."""
    return _filtered(column, f"NOT {any_of(f'starts_with(e.key, {quote.text(prefix)})' for prefix in prefixes)}")


def _filtered(column: str, condition: str) -> str:
    rest = f"list_filter(map_entries({column}), lambda e: {condition})"
    return f"CASE WHEN len({rest}) > 0 THEN map_from_entries({rest}) END"
