"""The one place where names and values become SQL text.

Nothing from outside (a query's literals, field names, file paths) reaches SQL but through a function of this module.
DuckDB's literals know no escapes but the doubled quote, and its texts and identifiers may hold any character, NUL too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from logstore.model.timespan import NS_PER_SECOND

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)


def identifier(name: str) -> str:
    """A column name, exactly as it stands in the file."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A VARCHAR literal. A lone surrogate, which no stored text can hold, becomes a question mark."""
    return "'" + value.encode("utf-8", "replace").decode().replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A list of VARCHAR literals."""
    return "[" + ", ".join(text(value) for value in values) + "]"


def integer(value: int) -> str:
    """An integer literal: BIGINT, or HUGEINT outside its range."""
    if value in _INT32:
        return f"({value})" if value < 0 else str(value)
    return f"({value})::{'BIGINT' if value in _INT64 else 'HUGEINT'}"


def double(value: float) -> str:
    """A DOUBLE literal of exactly this value.

    By way of text: DuckDB takes a plain `-0.0` for a DECIMAL, and those have no sign of zero.
    """
    return f"'{value!r}'::DOUBLE"


def boolean(value: bool) -> str:  # noqa: FBT001 - the value is what the function is about
    """A BOOLEAN literal."""
    return "true" if value else "false"


def instant(ns: int) -> str:
    """A TIMESTAMPTZ_NS literal; `ns` must lie between `MIN_INSTANT_NS` and `MAX_INSTANT_NS`."""
    seconds, fraction = divmod(ns, NS_PER_SECOND)
    moment = _EPOCH + dt.timedelta(seconds=seconds)
    return f"TIMESTAMPTZ_NS '{moment:%Y-%m-%d %H:%M:%S}.{fraction:09d}+00'"
