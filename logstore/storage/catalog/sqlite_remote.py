"""The tables of object storage of the catalog in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from logstore.model.snapshot import Remote
from logstore.storage.catalog.records import RemoteFile, RemoteStore
from logstore.storage.layout import INDEX_SUFFIX, PART_SUFFIX


def load_store(connection: sqlite3.Connection) -> RemoteStore | None:
    """The object store; None when there is none yet."""
    row = connection.execute("SELECT id, url, claimed_ns FROM remote_store").fetchone()
    return None if row is None else RemoteStore(*row)


def replace_store(connection: sqlite3.Connection, store: RemoteStore) -> None:
    """Puts an object store in the place of the one that was."""
    connection.execute("DELETE FROM remote_store")
    connection.execute("INSERT INTO remote_store VALUES (?, ?, ?)", (store.id, store.url, store.claimed_ns))


def load_files(connection: sqlite3.Connection) -> tuple[RemoteFile, ...]:
    """All files that are there, by name."""
    rows = connection.execute(
        "SELECT name, bytes, crc32c, stored_ns FROM remote_files WHERE stored_ns IS NOT NULL ORDER BY name"
    )
    return tuple(RemoteFile(*row) for row in rows)


def load_copies(connection: sqlite3.Connection) -> dict[str, Remote]:
    """What parts are told of their copies, by name."""
    rows = connection.execute("SELECT name, crc32c, stored_ns FROM remote_files WHERE stored_ns IS NOT NULL")
    return {name: Remote(crc32c, stored_ns) for name, crc32c, stored_ns in rows}


def load_unlisted(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The files of parts that are listed no longer, by name."""
    rows = connection.execute("SELECT name FROM remote_files ORDER BY name")
    listed = {name for (name,) in connection.execute("SELECT name FROM parts")}
    return tuple(name for (name,) in rows if _part_of(name) not in listed)


def begin(connection: sqlite3.Connection, names: Collection[str], begun_ns: int) -> None:
    """Files may be there from now on, of any content. A part that is there stays so: it never has another content."""
    rows = [(name, begun_ns, PART_SUFFIX) for name in names]
    connection.executemany(
        "INSERT INTO remote_files VALUES (?, ?, NULL, NULL, NULL) ON CONFLICT (name) DO UPDATE"
        " SET begun_ns = excluded.begun_ns, bytes = NULL, crc32c = NULL, stored_ns = NULL WHERE name NOT LIKE '%' || ?",
        rows,
    )


def end(connection: sqlite3.Connection, files: Sequence[RemoteFile]) -> None:
    """Files are there, and verified."""
    rows = [(file.bytes, file.crc32c, file.stored_ns, file.name) for file in files]
    connection.executemany("UPDATE remote_files SET bytes = ?, crc32c = ?, stored_ns = ? WHERE name = ?", rows)


def forget(connection: sqlite3.Connection, names: Collection[str]) -> None:
    """Files are there no longer."""
    connection.executemany("DELETE FROM remote_files WHERE name = ?", [(name,) for name in names])


def forget_all(connection: sqlite3.Connection) -> None:
    """There is no object storage."""
    with connection:
        connection.execute("DELETE FROM remote_store")
        connection.execute("DELETE FROM remote_files")


def _part_of(name: str) -> str:
    """The part that a file is, or is the index of."""
    return name.removesuffix(INDEX_SUFFIX) + PART_SUFFIX if name.endswith(INDEX_SUFFIX) else name
