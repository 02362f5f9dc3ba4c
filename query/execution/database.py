"""The one DuckDB instance of a process, with every setting that is wrong for us set here, once, with the reason."""

from __future__ import annotations

import duckdb

from query.execution.limits import Limits

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # A query must never download code, nor change behaviour with what happens to be installed.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}

# GLOBAL, every one: a plain SET holds for one connection, and queries run on cursors, which would not inherit it.
_SETTINGS = (
    # Times are UTC whatever the server's zone is.
    "SET GLOBAL TimeZone = 'UTC'",
    # Reading and parsing footers took more than all else of a short query. How much is kept: see `databases`.
    "SET GLOBAL parquet_metadata_cache = true",
    # A name in SQL must never reach a variable of our Python frames.
    "SET GLOBAL python_enable_replacements = false",
    # Every order is spelled out by ORDER BY, so no operator needs to keep one.
    "SET GLOBAL preserve_insertion_order = false",
    # Reading Parquet files by name counts as external access, so that stays on; statements hold no name but ours.
)


_OF_ONE_CONNECTION = ("operator_memory_limit", "enable_profiling", "profiling_coverage", "tracked_metrics")


def limit_memory(cursor: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    """Gives a query its share: sorting and grouping spill beyond it, so that no query takes what all need."""
    cursor.execute(f"SET operator_memory_limit = '{limits.memory_bytes // limits.max_running}B'")


def open_database(limits: Limits) -> duckdb.DuckDBPyConnection:
    """A database in memory that holds nothing; queries take cursors of it."""
    database = duckdb.connect(":memory:", config=CONFIG)
    for setting in _SETTINGS:
        database.execute(setting)
    set_limits(database, limits)
    # Those that can be set for a connection alone, which gets its share of the memory so, and is measured. The one that
    # names a file for what is measured is not among them.
    database.execute(f"SET GLOBAL allowed_configs = {list(_OF_ONE_CONNECTION)}")
    # From here on no statement can undo any of this.
    database.execute("SET GLOBAL lock_configuration = true")
    return database


def set_limits(database: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    """Sets what all queries of the instance together may use."""
    database.execute(f"SET GLOBAL memory_limit = '{limits.memory_bytes}B'")
    database.execute(f"SET GLOBAL threads = {limits.threads}")
    # An empty name means that nothing is ever spilled; DuckDB's own default would be the working directory.
    database.execute("SET GLOBAL temp_directory = $1", [limits.temp_directory or ""])
    if limits.temp_directory is not None:
        database.execute(f"SET GLOBAL max_temp_directory_size = '{limits.temp_bytes}B'")
