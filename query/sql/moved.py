"""Events whose times are moved, as `compare` needs them."""

from __future__ import annotations

from logstore.model.schema import TIME, Kind
from query.sql.bench import Bench
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed


def moved(statement: Statement, rows: Rows, by_ns: int) -> Rows:
    """The rows with times that are so much later; their order stays."""
    time = rows.fields.get(TIME)
    if not by_ns or time is None:
        return rows
    bench = Bench(statement, rows)
    later = Typed({Kind.TIME: bench.column(f"{time.kinds[Kind.TIME]} + {by_ns}")})
    bench.rows = bench.rows.with_field(TIME, later)
    return bench.close()
