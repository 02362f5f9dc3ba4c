"""The rows of several relations one below the other, as one relation. Never left to DuckDB: values keep their kinds.

Each field gets a column for every kind that it has in any of the inputs, null where an input has no such values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from logstore.model.schema import LEVEL, Kind
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import SQL_TYPES, Typed


@dataclass(frozen=True, slots=True)
class Stacked:
    """A relation of the rows of several.

    Attributes:
        relation: its name.
        fields: those of all inputs: the first one's in their order, then what each other one adds.
        side: column with the place of the input that a row is of.
        carried: the columns of what was carried along.
    """

    relation: str
    fields: Mapping[str, Typed]
    side: str
    carried: tuple[str, ...]


def stack(statement: Statement, inputs: Sequence[Rows], carried: Sequence[Sequence[str]]) -> Stacked:
    """The rows of all inputs.

    Args:
        statement: gets the relation.
        inputs: relations with fields.
        carried: for each input expressions to carry along, as many of each and of one type.
    """
    side = statement.fresh("u")
    names = tuple(statement.fresh("u") for _ in carried[0])
    fields = {name: _column_names(statement, kinds) for name, kinds in _kinds(inputs).items()}
    selects = []
    for place, (rows, along) in enumerate(zip(inputs, carried, strict=True)):
        terms = [f"{place} AS {side}", *(f"{sql} AS {name}" for sql, name in zip(along, names, strict=True))]
        for field, columns in fields.items():
            value = rows.fields.get(field, Typed())
            terms += [f"({value.get(kind) or 'NULL'})::{SQL_TYPES[kind]} AS {name}" for kind, name in columns.items()]
        selects.append(f"SELECT {', '.join(terms)} FROM {rows.relation}")
    relation = statement.define("\nUNION ALL ".join(selects))
    typed = {field: Typed(columns, severity=field == LEVEL) for field, columns in fields.items()}
    return Stacked(relation, typed, side, names)


def _kinds(inputs: Sequence[Rows]) -> dict[str, set[Kind]]:
    found: dict[str, set[Kind]] = {}
    for rows in inputs:
        for field, value in rows.fields.items():
            found.setdefault(field, set()).update(value.kinds)
    return found


def _column_names(statement: Statement, kinds: set[Kind]) -> dict[Kind, str]:
    return {kind: statement.fresh("u") for kind in Kind if kind in kinds}
