"""The rows behind a row, in the order of events: what the next page of an answer is made of."""

from __future__ import annotations

from logstore.model.row_id import RowId
from query.sql import quote
from query.sql.rows import Rows
from query.sql.statement import Statement


def behind(statement: Statement, rows: Rows, row: RowId) -> Rows:
    """The event rows that come after this one, newest first; it need not be among them."""
    if rows.address is None:
        raise TypeError("only event rows have an order")
    time, seq = f"epoch_ns({rows.address.time})", rows.address.seq
    time_ns, number = quote.integer(row.time_ns), quote.integer(row.seq)
    condition = f"{time} < {time_ns} OR ({time} = {time_ns} AND {seq} < {number})"
    return rows.at(statement.narrow(rows.relation, condition))
