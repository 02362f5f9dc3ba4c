"""The second DuckDB instance, in which SQL of strangers runs: the outer fence, behind the check of the syntax tree.

It cannot read files but those of the store, load nothing, and be set to nothing else. That alone would not do: it must
read parts, so `read_parquet` and `glob` work on them there, and `COPY ... TO` writes beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from query.execution.database import CONFIG, set_limits
from query.execution.limits import Limits

_SETTINGS = (
    "SET GLOBAL TimeZone = 'UTC'",
    "SET GLOBAL parquet_metadata_cache = false",
    "SET GLOBAL python_enable_replacements = false",
    # Errors with their places apart from their words.
    "SET GLOBAL errors_as_json = true",
)


def fenced_limits(limits: Limits) -> Limits:
    """What SQL may use: half of the memory, and a place of its own for what does not fit.

    The two instances do not know of each other's memory; admission is one for both.
    """
    spill = None if limits.temp_directory is None else f"{limits.temp_directory}/sql"
    return replace(limits, memory_bytes=limits.memory_bytes // 2, temp_directory=spill)


def open_fenced(limits: Limits, readable: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds nothing and reads files in these directories only."""
    database = duckdb.connect(":memory:", config=CONFIG)
    for setting in _SETTINGS:
        database.execute(setting)
    if limits.temp_directory is not None:
        # DuckDB makes the last folder of a path, and not the one above.
        Path(limits.temp_directory).mkdir(parents=True, exist_ok=True)
    set_limits(database, limits)
    database.execute("SET GLOBAL allowed_directories = $1", [list(readable)])
    database.execute("SET GLOBAL enable_external_access = false")
    database.execute("SET GLOBAL lock_configuration = true")
    return database
