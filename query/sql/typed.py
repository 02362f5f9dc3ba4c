"""Typed alternatives: how one value of several possible kinds stands in SQL.

A field may hold an integer in one row and a text in the next. In SQL it is one expression per kind it may have, of
which at most one is non-null in a row; all null means that the value is missing. A field of one kind stays a plain
column, so the common case is plain SQL. Instants are BIGINT nanoseconds throughout: DuckDB's arithmetic on nanosecond
types is incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from logstore.model.schema import Kind
from query.sql import quote

SQL_TYPES: dict[Kind, str] = {
    Kind.BOOL: "BOOLEAN",
    Kind.INT: "BIGINT",
    Kind.UINT: "UBIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.TEXT: "VARCHAR",
    Kind.JSON: "VARCHAR",
    Kind.TIME: "BIGINT",
}
"""The SQL type of each kind's expression."""

NUMBER_KINDS = (Kind.INT, Kind.UINT, Kind.FLOAT)
TEXT_KINDS = (Kind.TEXT, Kind.JSON)
_INT64 = range(-(2**63), 2**63)
_UINT64 = range(2**64)


@dataclass(frozen=True, slots=True)
class Typed:
    """A value in SQL.

    Attributes:
        kinds: an SQL expression per kind, in the order of `Kind`; empty when the value is always missing.
        severity: whether the texts are levels, ordered by severity.
    """

    kinds: Mapping[Kind, str] = field(default_factory=dict)
    severity: bool = False

    def get(self, kind: Kind) -> str | None:
        """The expression for values of one kind; None when there are none."""
        return self.kinds.get(kind)

    def only(self, wanted: Iterable[Kind]) -> Typed:
        """The value where it is of one of these kinds, else missing."""
        keep = set(wanted)
        return Typed({kind: sql for kind, sql in self.kinds.items() if kind in keep}, self.severity)

    def items(self) -> list[tuple[Kind, str]]:
        """(kind, expression), in the order of `Kind`."""
        return list(self.kinds.items())


MISSING = Typed()


def typed(kinds: Mapping[Kind, str | None]) -> Typed:
    """A value from expressions per kind, None for none."""
    return Typed({kind: sql for kind in Kind if (sql := kinds.get(kind)) is not None})


def constant(value: object, kind: Kind) -> Typed:
    """A literal."""
    return Typed({kind: _literal(value, kind)})


def number_constant(value: float) -> Typed:
    """A number literal under the kind that such a value is stored with."""
    if isinstance(value, int):
        if value in _INT64:
            return constant(value, Kind.INT)
        if value in _UINT64:
            return constant(value, Kind.UINT)
    return constant(float(value), Kind.FLOAT)


def _literal(value: object, kind: Kind) -> str:
    if isinstance(value, bool):
        return quote.boolean(value)
    if isinstance(value, int):
        return f"{quote.integer(value)}::{SQL_TYPES[kind]}"
    if isinstance(value, float):
        return quote.double(value)
    return quote.text(str(value))


def present(value: Typed) -> str:
    """A condition: the value is not missing. Never null."""
    return any_of(f"{sql} IS NOT NULL" for _, sql in value.items())


def all_of(conditions: Iterable[str]) -> str:
    """A conjunction; `true` of none."""
    return _joined(conditions, "AND", "true")


def any_of(conditions: Iterable[str]) -> str:
    """A disjunction; `false` of none."""
    return _joined(conditions, "OR", "false")


def _joined(conditions: Iterable[str], operator: str, empty: str) -> str:
    parts = list(dict.fromkeys(conditions))
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else "(" + f" {operator} ".join(parts) + ")"


def coalesce(expressions: Iterable[str]) -> str | None:
    """The first that is non-null; None of none."""
    parts = list(expressions)
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


def text_of(value: Typed) -> str | None:
    """The characters of a text or JSON value."""
    return coalesce(sql for _, sql in value.only(TEXT_KINDS).items())


def text_or_digits(value: Typed) -> str | None:
    """The characters of a text or JSON value, or the decimal digits of an integer."""
    integers = [f"{sql}::VARCHAR" for _, sql in value.only((Kind.INT, Kind.UINT)).items()]
    texts = [sql for _, sql in value.only(TEXT_KINDS).items()]
    return coalesce(texts + integers)
