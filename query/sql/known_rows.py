"""Rows that need not be read, as a relation that says how many there are of each kind."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from logstore.model.schema import TAG, TIME, Kind
from query.plan.known import KnownRows
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
    table = KnownTable(statement.fresh("k"), (time, tag, number), known)
    statement.tables.append(table)
    fields = {TIME: Typed({Kind.TIME: time}), TAG: Typed({Kind.TEXT: tag})}
    return Rows(table.name, fields, closed=True), number
