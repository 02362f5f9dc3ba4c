"""From the columns of a statement, of whatever type, to columns of an answer."""

from __future__ import annotations

from collections.abc import Sequence

from logstore.errors import QueryError
from logstore.model.schema import Kind
from query.sql.final import Output, named


def _all(types: str, kind: Kind, making: str) -> dict[str, tuple[Kind, str]]:
    return dict.fromkeys(types.split(), (kind, making))


_KINDS: dict[str, tuple[Kind, str]] = {
    "BOOLEAN": (Kind.BOOL, "{}"),
    **_all("TINYINT SMALLINT INTEGER UTINYINT USMALLINT UINTEGER", Kind.INT, "{}::BIGINT"),
    **_all("BIGINT HUGEINT UHUGEINT BIGNUM", Kind.INT, "{}::BIGINT"),
    "UBIGINT": (Kind.UINT, "{}"),
    **_all("FLOAT DOUBLE DECIMAL", Kind.FLOAT, "{}::DOUBLE"),
    **_all("VARCHAR UUID DATE TIME TIME_NS INTERVAL BLOB BIT", Kind.TEXT, "{}::VARCHAR"),
    "TIME WITH TIME ZONE": (Kind.TEXT, "{}::VARCHAR"),
    '"NULL"': (Kind.TEXT, "NULL::VARCHAR"),
    "JSON": (Kind.JSON, "{}::VARCHAR"),
    **_all("STRUCT MAP LIST", Kind.JSON, "to_json({})::VARCHAR"),
    **_all("TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS", Kind.TIME, "epoch_ns({})"),
    **dict.fromkeys(("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"), (Kind.TIME, "epoch_ns({})")),
}


def output_of(described: Sequence[tuple[str, str]]) -> tuple[Output, tuple[str, ...]]:
    """The columns of an answer, and how each is made of the statement's column, for which `{}` stands.

    Args:
        described: name and type of each column of the statement, as DuckDB tells them.

    Raises:
        QueryError: an answer cannot hold such a type.
    """
    fields = _unique([name for name, _ in described])
    kinds, makings = [], []
    for field, (_, type_) in zip(fields, described, strict=True):
        kind, making = _KINDS.get(_family(type_), (None, ""))
        if kind is None:
            raise QueryError(f"the column {field} is of type {type_}, which an answer cannot hold", hint="cast it")
        kinds.append((field, kind))
        makings.append(making)
    return Output(named(kinds), more=False, events=False), tuple(makings)


def _family(type_: str) -> str:
    if type_.endswith("]"):
        return "LIST"
    return type_.partition("(")[0].strip()


def _unique(names: Sequence[str]) -> list[str]:
    """The names, but that the second `a` is `a_1`, and so on."""
    taken: set[str] = set()
    found = []
    for name in names:
        free, number = name, 0
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free)
        found.append(free)
    return found
