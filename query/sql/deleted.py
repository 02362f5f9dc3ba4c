"""Leaving deleted events out of what is scanned: rows of files by their numbers, others by testing each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from logstore.errors import Span
from logstore.model.deletions import rows_of
from logstore.model.snapshot import DeletedRows
from query.plan.erased import Erased
from query.plan.expressions import Not, Or
from query.plan.logical import Filter, Plan, Scan
from query.plan.names import names_in
from query.sql.membership import ColumnOf
from query.sql.rows import Rows
from query.sql.stage_filter import filter_rows
from query.sql.statement import Statement

_KEY_BITS = 40
"""A row's key is the place of its file in the list that is read, and below that its number."""


@dataclass(frozen=True, slots=True)
class RowTable:
    """Keys of rows, to be registered before the statement runs: for each file of a list its deleted ones."""

    name: str
    rows: tuple[tuple[DeletedRows, ...], ...]

    def arrow(self) -> pa.Table:
        """The keys, in a column `k`."""
        keys = [rows_of(found) + (place << _KEY_BITS) for place, found in enumerate(self.rows) if found]
        return pa.table({"k": np.concatenate(keys)})


def without_rows(statement: Statement, rows: Sequence[tuple[DeletedRows, ...]]) -> str:
    """A condition on what is read of a list of files: it is none of these rows, given for each file of the list."""
    table = RowTable(statement.fresh("d"), tuple(rows))
    statement.tables.append(table)
    # One whole number and a membership test: a join on two columns took four times as long.
    return f"((file_index::BIGINT << {_KEY_BITS}) + file_row_number) NOT IN (SELECT k FROM {table.name})"


def tested_fields(tests: Iterable[Erased]) -> frozenset[str]:
    """The fields that conditions look at."""
    return frozenset(name for test in tests for name in names_in(test.condition))


def without_matches(statement: Statement, rows: Rows, tests: Sequence[Erased]) -> str:
    """The relation without the events that meet one of the conditions."""
    condition = Not(Or(tuple(test.condition for test in tests)))
    noticed = len(statement.notices)
    kept = filter_rows(statement, rows, Filter(Scan(), condition), _NoSubqueries())
    # What there is to say about the search of a deletion is of no use to whoever asks something else.
    del statement.notices[noticed:]
    return kept.relation


class _NoSubqueries:
    """Deletions have no queries inside them."""

    def column(self, query: Plan, span: Span | None) -> ColumnOf:
        """Never called."""
        raise TypeError(query, span)
