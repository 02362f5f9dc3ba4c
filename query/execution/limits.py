"""What queries may use, all together and each."""

from __future__ import annotations

from dataclasses import dataclass

from query.plan.slices import MAX_FILES


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the query engine.

    Attributes:
        time_s: seconds that a query may run, waiting for its turn not counted. Larger: a forgotten dashboard holds a
            place for longer.
        export_time_s: likewise, for exports.
        memory_bytes: of DuckDB for all queries together; beyond it they spill to `temp_directory`. Larger: less is
            left for the head and the page cache, which every query needs too.
        threads: of DuckDB for all queries together.
        max_running: queries at a time; more share the same threads and memory, and all get slower.
        long_rows: a query that must look at more events than this before it can answer is long, and long ones have half
            of the places at most. To look at a million takes about a tenth of a second, some ten times what most
            questions take. Larger: more of those hold all places that others wait for. Smaller: those that would be
            done at once wait for each other.
        max_waiting: queries that wait for their turn; beyond it they are refused at once. Every one is a thread.
        wait_s: seconds that a query waits for its turn before it is refused.
        statement_files: files that a statement reads at most, where a query can be divided. More: each takes the
            database time before the first row, and memory. Fewer: more statements, with results to combine.
        max_rows: rows that an answer may have when the query does not say; None: any number.
        listed_values: values of a query inside `in(…)` that the query around it is given as a list, so that they prune
            what it reads. More: its statement gets longer than joining the two takes, and many values prune little.
        temp_directory: where what does not fit into memory goes; None: nowhere, the query fails instead.
        temp_bytes: how much may go there.
    """

    time_s: float = 60.0
    export_time_s: float = 3600.0
    memory_bytes: int = 1 << 30
    threads: int = 2
    max_running: int = 4
    long_rows: int = 1_000_000
    max_waiting: int = 64
    wait_s: float = 30.0
    statement_files: int = MAX_FILES
    max_rows: int | None = None
    listed_values: int = 1000
    temp_directory: str | None = None
    temp_bytes: int = 8 << 30
