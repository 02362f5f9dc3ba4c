"""Rows that need not be read, as a relation that says how many there are of each kind."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from logstore.model.schema import TAG, TIME, Kind
from query.plan.known import KnownRows
from query.sql import quote
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


@dataclass(frozen=True, slots=True)
class KnownTable:
    """What is known, to be registered before the statement runs."""

    name: str
    columns: tuple[str, str, str]
    known: KnownRows

    def arrow(self) -> pa.Table:
        """A time, a tag and a number of rows."""
        types = (pa.int64(), pa.string(), pa.int64())
        values = zip(*self.known.counts, strict=True) if self.known.counts else ((), (), ())
        arrays = [pa.array(found, kind) for found, kind in zip(values, types, strict=True)]
        return pa.table(arrays, names=list(self.columns))


def known_relation(statement: Statement, known: KnownRows) -> tuple[Rows, str]:
    """The relation, and its column with the number of rows that each of its rows stands for."""
    time, tag, number = (statement.fresh(letter) for letter in "tfn")
    columns = (time, tag, number)
    if 0 < len(known.counts) <= _MOST_WRITTEN:
        relation = statement.define(_written(known, columns))
    else:
        table = KnownTable(statement.fresh("k"), columns, known)
        statement.tables.append(table)
        relation = table.name
    fields = {TIME: Typed({Kind.TIME: time}), TAG: Typed({Kind.TEXT: tag})}
    return Rows(relation, fields, closed=True), number


_MOST_WRITTEN = 32
"""To write more rows into the statement takes longer than to register a table, which is half a millisecond."""


def _written(known: KnownRows, columns: tuple[str, str, str]) -> str:
    rows = (
        f"({quote.integer(time_ns)}::BIGINT, {'NULL' if tag is None else quote.text(tag)}::VARCHAR,"
        f" {quote.integer(number)}::BIGINT)"
        for time_ns, tag, number in known.counts
    )
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS known({', '.join(columns)})"
