"""Rows that need not be read, as a relation that says how many there are of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from logstore.model.schema import ARROW_TYPES, TAG, TIME, Kind
from query.plan.coded import Key, Tallied
from query.plan.known import KnownRows
from query.sql import quote
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import SQL_TYPES, Typed


@dataclass(frozen=True, slots=True)
class KnownTable:
    """What is known, to be registered before the statement runs.

    Attributes:
        name: in the statement.
        columns: the fields and kinds that the statement asks for, and the names of their columns.
        number: the name of the column with the number of rows.
        known: what is known.
    """

    name: str
    columns: Mapping[Key, str]
    number: str
    known: KnownRows

    def arrow(self) -> pa.Table:
        """The columns, and a number of rows."""
        return pa.concat_tables([self._table(piece) for piece in self.known.pieces])

    def _table(self, piece: Tallied) -> pa.Table:
        found = {name: _column(piece, key) for key, name in self.columns.items()}
        return pa.table({**found, self.number: pa.array(piece.rows)})


def _column(piece: Tallied, key: Key) -> pa.Array:
    """Instants are numbers in statements."""
    if key == (TIME, Kind.TIME):
        return pa.nulls(len(piece.rows), pa.int64()) if piece.times is None else pa.array(piece.times)
    column = piece.columns.get(key)
    return pa.nulls(len(piece.rows), ARROW_TYPES[key[1]]) if column is None else column.array()


_MOST_WRITTEN = 32
"""To write more rows into the statement takes longer than to register a table, which is half a millisecond."""


def known_relation(statement: Statement, known: KnownRows, like: Rows) -> tuple[Rows, str]:
    """The relation, and its column with the number of rows that each of its rows stands for.

    `like` are the rows that are read, as the scan gives them: the fields are those, of the same kinds.
    """
    columns = {(field, kind): statement.fresh("f") for field, value in like.fields.items() for kind in value.kinds}
    number = statement.fresh("n")
    if known.tallies or len(known.counts) > _MOST_WRITTEN:
        table = KnownTable(statement.fresh("k"), columns, number, known)
        statement.tables.append(table)
        relation = table.name
    else:
        relation = statement.define(_written(known, columns, number))
    fields = {
        field: Typed({kind: columns[field, kind] for kind in value.kinds}, value.severity)
        for field, value in like.fields.items()
    }
    return replace(like, relation=relation, fields=fields, address=None, order=(), more=None, least={}), number


def _written(known: KnownRows, columns: Mapping[Key, str], number: str) -> str:
    rows = (
        f"({quote.integer(time_ns)}::BIGINT, {'NULL' if tag is None else quote.text(tag)}::VARCHAR,"
        f" {quote.integer(count)}::BIGINT)"
        for time_ns, tag, count in known.counts
    )
    there = {(TIME, Kind.TIME): "known.time", (TAG, Kind.TEXT): "known.tag"}
    terms = [f"{there.get(key, f'NULL::{SQL_TYPES[key[1]]}')} AS {name}" for key, name in columns.items()]
    terms.append(f"known.rows AS {number}")
    return f"SELECT {', '.join(terms)} FROM (VALUES {', '.join(rows)}) AS known(time, tag, rows)"
