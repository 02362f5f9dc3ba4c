"""Events whose times are moved, as `compare` needs them."""

from __future__ import annotations

from dataclasses import replace

from logstore.model.schema import TIME, Kind
from query.sql.bench import Bench
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


def moved(statement: Statement, rows: Rows, by_ns: int) -> Rows:
    """The rows with times that are so much later, those of their events too; their order stays."""
    if not by_ns or rows.address is None:
        return rows
    bench = Bench(statement, rows)
    later = bench.column(f"epoch_ns({rows.address.time}) + {by_ns}")
    instant = bench.column(f"make_timestamp_ns({later})::TIMESTAMPTZ_NS")
    if TIME in rows.fields:
        bench.rows = bench.rows.with_field(TIME, Typed({Kind.TIME: later}))
    address = replace(rows.address, time=instant)
    return replace(bench.close(), address=address, order=address.newest_first())
