"""Rows that need not be read, as a relation that says how many there are of each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from logstore.model.schema import ARROW_TYPES, TAG, TIME, Kind
from query.plan.known import KnownRows
from query.sql import quote
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import SQL_TYPES, Typed

_Key = tuple[str, Kind]


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
    columns: Mapping[_Key, str]
    number: str
    known: KnownRows

    def arrow(self) -> pa.Table:
        """The columns, and a number of rows."""
        return pa.concat_tables([self._conformed(piece) for piece in self._tables()])

    def _tables(self) -> Iterator[pa.Table]:
        counts = np.array([count for _, _, count in self.known.counts], np.int64)
        tags = pa.array([tag for _, tag, _ in self.known.counts], pa.string())
        times = pa.array([time for time, _, _ in self.known.counts], pa.int64())
        arrays = {(TIME, Kind.TIME): times, (TAG, Kind.TEXT): tags}
        yield self._table(arrays, pa.array(counts))
        for each, number in zip(self.known.tables, self.known.numbers, strict=True):
            yield self._table(each or {}, number)

    def _table(self, arrays: Mapping[_Key, pa.Array], number: pa.Array) -> pa.Table:
        wanted = {name: arrays[key] for key, name in self.columns.items() if key in arrays}
        return pa.table({**wanted, self.number: number})

    def _conformed(self, table: pa.Table) -> pa.Table:
        there = set(table.schema.names)
        found = {
            name: table.column(name) if name in there else pa.nulls(table.num_rows, _type_of(kind))
            for (_, kind), name in self.columns.items()
        }
        return pa.table({**found, self.number: table.column(self.number)})


def _type_of(kind: Kind) -> pa.DataType:
    """Instants are numbers in statements."""
    return pa.int64() if kind is Kind.TIME else ARROW_TYPES[kind]


_MOST_WRITTEN = 32
"""To write more rows into the statement takes longer than to register a table, which is half a millisecond."""


def known_relation(statement: Statement, known: KnownRows, like: Rows) -> tuple[Rows, str]:
    """The relation, and its column with the number of rows that each of its rows stands for.

    `like` are the rows that are read, as the scan gives them: the fields are those, of the same kinds.
    """
    columns = {(field, kind): statement.fresh("f") for field, value in like.fields.items() for kind in value.kinds}
    number = statement.fresh("n")
    if known.tables or len(known.counts) > _MOST_WRITTEN:
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


def _written(known: KnownRows, columns: Mapping[_Key, str], number: str) -> str:
    rows = (
        f"({quote.integer(time_ns)}::BIGINT, {'NULL' if tag is None else quote.text(tag)}::VARCHAR,"
        f" {quote.integer(count)}::BIGINT)"
        for time_ns, tag, count in known.counts
    )
    there = {(TIME, Kind.TIME): "known.time", (TAG, Kind.TEXT): "known.tag"}
    terms = [f"{there.get(key, f'NULL::{SQL_TYPES[key[1]]}')} AS {name}" for key, name in columns.items()]
    terms.append(f"known.rows AS {number}")
    return f"SELECT {', '.join(terms)} FROM (VALUES {', '.join(rows)}) AS known(time, tag, rows)"
