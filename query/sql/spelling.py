"""Values spelled as text and as JSON, the same way everywhere: in `text(x)`, in arrays, in hashes."""

from __future__ import annotations

from collections.abc import Callable

from logstore.model.schema import Kind
from logstore.model.timespan import NS_PER_SECOND
from query.sql.numbers import is_nan
from query.sql.typed import Typed, coalesce


def spelled(value: Typed) -> str | None:
    """The value as text: numbers as in JSON, times as RFC 3339 with nine digits, JSON as it is; None when missing."""
    return coalesce(_SPELLED[kind](sql) for kind, sql in value.items())


def as_json(value: Typed) -> str | None:
    """The value as JSON text: like `spelled`, with text and times in quotes."""
    return coalesce(_AS_JSON[kind](sql) for kind, sql in value.items())


def double(sql: str) -> str:
    """The shortest digits that read back the same; NaN, Infinity and -Infinity as such words."""
    # A NaN has a sign, which means nothing, and which DuckDB shows.
    words = "WHEN 'inf' THEN 'Infinity' WHEN '-inf' THEN '-Infinity'"
    return f"CASE WHEN {is_nan(sql)} THEN 'NaN' ELSE CASE {sql}::VARCHAR {words} ELSE {sql}::VARCHAR END END"


def rfc3339(sql: str) -> str:
    """Nanoseconds as `2026-11-22T10:00:00.000000000Z`."""
    # DuckDB's strftime of TIMESTAMP_NS is not to be trusted with fractions, so it only ever sees whole seconds.
    second = f"(CASE WHEN {sql} < 0 THEN ({sql} + 1) // {NS_PER_SECOND} - 1 ELSE {sql} // {NS_PER_SECOND} END)"
    fraction = f"lpad(({sql} - {second} * {NS_PER_SECOND})::VARCHAR, 9, '0')"
    return f"strftime(make_timestamp({second} * 1000000), '%Y-%m-%dT%H:%M:%S.') || {fraction} || 'Z'"


def _plain(sql: str) -> str:
    return f"{sql}::VARCHAR"


def _same(sql: str) -> str:
    return sql


_SPELLED: dict[Kind, Callable[[str], str]] = {
    Kind.BOOL: _plain,
    Kind.INT: _plain,
    Kind.UINT: _plain,
    Kind.FLOAT: double,
    Kind.TEXT: _same,
    Kind.JSON: _same,
    Kind.TIME: rfc3339,
}

_AS_JSON: dict[Kind, Callable[[str], str]] = {
    **_SPELLED,
    Kind.TEXT: lambda sql: f"to_json({sql})::VARCHAR",
    Kind.TIME: lambda sql: f"'\"' || {rfc3339(sql)} || '\"'",
}
