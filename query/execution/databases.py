"""Which DuckDB instance a query runs in: the same for all, until it remembers too much.

An instance keeps the footers of the Parquet files that it has read, and lets go of them for want of memory alone, by a
count of bytes that falls short of what they take. So we count them, and after so many a new instance takes its place.
The old one is closed when the last query in it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

from logstore.model.snapshot import Part
from query.execution.database import limit_memory, open_database
from query.execution.limits import Limits

# A footer in memory takes about this for each column of each row group (measured: 0.7 to 1 KiB).
_CHUNK_BYTES = 1024
_FOOTER_SHARE = 4
"""Footers may take one part in so many of the memory of queries, besides that memory."""


@dataclass(slots=True)
class _Instance:
    database: duckdb.DuckDBPyConnection
    sessions: int = 0
    spare: list[duckdb.DuckDBPyConnection] = field(default_factory=list)
    parts: set[str] = field(default_factory=set)
    footer_bytes: int = 0


class Lease:
    """A cursor of an instance, which stays open until `end`."""

    def __init__(self, databases: Databases, instance: _Instance, cursor: duckdb.DuckDBPyConnection) -> None:
        self._databases = databases
        self._instance = instance
        self.cursor = cursor

    def will_read(self, parts: Iterable[Part]) -> None:
        """Is told what a statement reads."""
        self._databases.count(self._instance, parts)

    def end(self, *, is_clean: bool = False) -> None:
        """Gives the cursor back. Once.

        Args:
            is_clean: whether nothing of the query is left in it, so that another query may have it.
        """
        self._databases.release(self._instance, self.cursor, is_clean=is_clean)


class Databases:
    """Leases cursors, those again in which nothing of a query is left. Safe from several threads.

    Args:
        limits: of queries.
        database: the one that is always used; None: one as queries need it, and later another.
        footer_bytes: of footers that an instance may keep; by default a share of the memory of queries.
    """

    def __init__(
        self, limits: Limits, database: duckdb.DuckDBPyConnection | None = None, footer_bytes: int | None = None
    ) -> None:
        self._limits = limits
        self._is_own = database is None
        self._footer_bytes = limits.memory_bytes // _FOOTER_SHARE if footer_bytes is None else footer_bytes
        self._lock = threading.Lock()
        self._newest = _Instance(database or open_database(limits))

    def lease(self) -> Lease:
        """A cursor of the newest instance, which may be made for it."""
        with self._lock:
            if self._is_own and self._newest.footer_bytes > self._footer_bytes:
                old, self._newest = self._newest, _Instance(open_database(self._limits))
                _close_unused(old)
            instance = self._newest
            instance.sessions += 1
            spare = instance.spare.pop() if instance.spare else None
        return Lease(self, instance, spare or self._made(instance))

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor that nobody counts. To be closed soon."""
        return self._newest.database.cursor()

    def count(self, instance: _Instance, parts: Iterable[Part]) -> None:
        """Adds what the footers of parts take, of those that the instance has not read before."""
        with self._lock:
            for part in parts:
                if part.path not in instance.parts:
                    instance.parts.add(part.path)
                    instance.footer_bytes += len(part.row_groups) * len(part.columns) * _CHUNK_BYTES

    def release(self, instance: _Instance, cursor: duckdb.DuckDBPyConnection, *, is_clean: bool) -> None:
        """A cursor is not used any more by the query that had it."""
        # To make one and to set its limit takes a good part of a short question. But what strangers write
        # themselves runs in an instance that was given, and there each has a new one.
        is_kept = is_clean and self._is_own
        if not is_kept:
            cursor.close()
        self._leave(instance, (cursor,) if is_kept else ())

    def close(self) -> None:
        """Closes the newest instance; all leases must have ended."""
        _close(self._newest)

    def _made(self, instance: _Instance) -> duckdb.DuckDBPyConnection:
        try:
            cursor = instance.database.cursor()
            if self._is_own:
                limit_memory(cursor, self._limits)
        except BaseException:
            self._leave(instance)
            raise
        return cursor

    def _leave(self, instance: _Instance, spare: Sequence[duckdb.DuckDBPyConnection] = ()) -> None:
        with self._lock:
            instance.sessions -= 1
            instance.spare += spare
            if instance is not self._newest:
                _close_unused(instance)


def _close_unused(instance: _Instance) -> None:
    if not instance.sessions:
        _close(instance)


def _close(instance: _Instance) -> None:
    for cursor in instance.spare:
        cursor.close()
    instance.database.close()
