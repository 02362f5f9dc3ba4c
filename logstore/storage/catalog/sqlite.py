"""The catalog in SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple
from typing import Any

import orjson

from logstore.clock import Clock
from logstore.errors import CorruptionError, StorageError
from logstore.model.row_groups import PackedRowGroups, pack_row_groups
from logstore.model.schema import Column, Kind
from logstore.model.snapshot import DeletedRows, Deletion, Part, Remote
from logstore.storage.catalog import sqlite_remote
from logstore.storage.catalog.migrations import MIGRATIONS
from logstore.storage.catalog.records import (
    FIRST_SEQ,
    CatalogState,
    DeletionRecord,
    DeletionState,
    IdFile,
    LedgerFile,
    NewDeletion,
    QuarantineRewrite,
    RemoteFile,
    RemoteStore,
    Rewrite,
    SealedGeneration,
    UnfitPart,
)
from logstore.storage.catalog.sqlite_deletions import (
    count_gone,
    end_deletion,
    insert_deleted_rows,
    insert_deletion,
    load_active,
    load_records,
)
from logstore.storage.catalog.sqlite_quarantine import insert_quarantine, load_files, load_items
from logstore.storage.directory import Directory
from logstore.storage.layout import CATALOG_FILE, index_name
from logstore.storage.quarantine.item import QuarantineItem

_GENERATION_COLUMNS = "number, first_seq, end_seq, rows, rejected, sealed_ns"
_PART_COLUMNS = (
    "name, generation, tenant, rows, bytes, time_min_ns, time_max_ns, seq_min, seq_max, schema_id, has_more, tags,"
    " row_groups, level, index_bytes, checksums"
)

_OWN_LOG = f"{CATALOG_FILE}-wal"
_RESTORE = "restore the directory from a backup: logstore restore"


_TAGS = _PART_COLUMNS.split(", ").index("tags")


class SqliteCatalog:
    """The catalog of one data directory. Safe from several threads.

    Args:
        directory: the data directory.
        clock: dates migrations.
        read_only: when True, nothing is made or changed; the database must be there.
    """

    def __init__(self, directory: Directory, clock: Clock, *, read_only: bool = False) -> None:
        self._path = directory.path(CATALOG_FILE)
        self._directory = directory
        self._read_only = read_only
        # The database's own log is there for as long as somebody owns the directory. Without it there is nobody, and
        # a reader leaves nothing behind.
        self._is_at_rest = read_only and not directory.exists(_OWN_LOG)
        self._lock = threading.Lock()
        with self._refusals():
            self._connection = directory.connect(CATALOG_FILE, read_only=read_only, is_at_rest=self._is_at_rest)
        try:
            with self._refusals():
                self._prepare(clock, read_only=read_only)
        except BaseException:
            self._connection.close()
            raise

    def state(self) -> CatalogState:
        """The committed state, at one instant."""
        with self._reading() as connection:
            return self._state(connection)

    def check(self) -> list[str]:
        """What SQLite finds wrong with its own file; nothing when it is sound."""
        with self._reading() as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            return [] if found == ["ok"] else found

    def copy(self) -> tuple[CatalogState, bytes]:
        """The committed state, and a database that holds the same."""
        with self._reading() as connection, contextlib.closing(sqlite3.connect(":memory:")) as copied:
            state = self._state(connection)
            # Within the same transaction, so that it is of the same instant.
            connection.backup(copied)
            # Who restores it may run beside us, and must not take objects for its own that are ours.
            sqlite_remote.forget_all(copied)
            return state, copied.serialize()

    @staticmethod
    def _state(connection: sqlite3.Connection) -> CatalogState:
        number, end_seq = connection.execute(
            "SELECT coalesce(max(number), 0), coalesce(max(end_seq), ?) FROM generations", (FIRST_SEQ,)
        ).fetchone()
        ids = connection.execute(
            "SELECT name, generation, records, sealed_ns FROM chunk_ids ORDER BY generation"
        ).fetchall()
        ledger = connection.execute(
            "SELECT name, generation, rows, bytes, time_min_ns, time_max_ns, sealed_ns, crc FROM ledger_files"
            " ORDER BY generation"
        ).fetchall()
        return CatalogState(
            number,
            end_seq,
            _load_parts(connection),
            tuple(IdFile(*row) for row in ids),
            tuple(LedgerFile(*row) for row in ledger),
            load_files(connection),
            load_active(connection),
            tuple(name for (name,) in connection.execute("SELECT name FROM retired_files ORDER BY name")),
            _load_unfit(connection),
        )

    def last_generation(self) -> int:
        """Number of the last committed generation; 0 when there is none."""
        with self._reading() as connection:
            return int(connection.execute("SELECT coalesce(max(number), 0) FROM generations").fetchone()[0])

    def committed_among(self, generations: Collection[int]) -> frozenset[int]:
        """Those of these generations that were ever committed."""
        with self._reading() as connection:
            rows = (
                connection.execute("SELECT number FROM generations WHERE number = ?", (number,)).fetchone()
                for number in generations
            )
            return frozenset(row[0] for row in rows if row is not None)

    def commit(self, generation: SealedGeneration) -> None:
        """Commits a generation in one transaction, synced by SQLite before it returns."""
        with self._writing() as connection:
            connection.execute(
                f"INSERT INTO generations ({_GENERATION_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
                (
                    generation.number,
                    generation.first_seq,
                    generation.end_seq,
                    generation.rows,
                    generation.rejected,
                    generation.sealed_ns,
                ),
            )
            for part in generation.parts:
                _insert_part(connection, part)
            if generation.ids is not None:
                ids = generation.ids
                connection.execute(
                    "INSERT INTO chunk_ids VALUES (?, ?, ?, ?)", (ids.name, ids.generation, ids.records, ids.sealed_ns)
                )
            if generation.ledger is not None:
                row = astuple(generation.ledger)
                connection.execute("INSERT INTO ledger_files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            insert_quarantine(connection, generation.quarantine, generation.quarantined)
            for table in ("chunk_ids", "ledger_files", "quarantine_files"):
                names = [(name,) for name in generation.expired]
                connection.executemany(f"DELETE FROM {table} WHERE name = ?", names)  # noqa: S608 - constants

    def rewrite(self, rewrite: Rewrite) -> None:
        """Commits that parts take the place of others, in one transaction."""
        with self._writing() as connection:
            (end_seq,) = connection.execute(
                "SELECT coalesce(max(end_seq), ?) FROM generations", (FIRST_SEQ,)
            ).fetchone()
            connection.execute(
                f"INSERT INTO generations ({_GENERATION_COLUMNS}, rewritten) VALUES (?, ?, ?, 0, 0, ?, ?)",  # noqa: S608 - constants
                (rewrite.number, end_seq, end_seq, rewrite.made_ns, len(rewrite.taken)),
            )
            count_gone(connection, rewrite)
            names = [(name,) for name in rewrite.taken]
            if connection.executemany("DELETE FROM parts WHERE name = ?", names).rowcount != len(names):
                raise StorageError(f"generation {rewrite.number} would rewrite parts that are not listed any more")
            for part in rewrite.parts:
                _insert_part(connection, part)
            retired = [(name, rewrite.made_ns) for name in rewrite.retired]
            connection.executemany("INSERT OR REPLACE INTO retired_files VALUES (?, ?)", retired)

    def add_deletion(self, new: NewDeletion) -> Deletion:
        """Commits a deletion, in one transaction."""
        with self._writing() as connection:
            return insert_deletion(connection, new)

    def add_deleted_rows(self, found: Sequence[tuple[str, DeletedRows]]) -> None:
        """Commits which rows deletions cover, in one transaction."""
        with self._writing() as connection:
            insert_deleted_rows(connection, found)

    def end_deletion(self, number: int, state: DeletionState, ended_ns: int) -> None:
        """Commits that a deletion is not active any more, in one transaction."""
        with self._writing() as connection:
            end_deletion(connection, number, state, ended_ns)

    def deletions(self) -> tuple[DeletionRecord, ...]:
        """Every deletion that is known, newest first."""
        with self._reading() as connection:
            return load_records(connection)

    def unfit(self) -> tuple[UnfitPart, ...]:
        """The parts from which nothing is read."""
        with self._reading() as connection:
            return _load_unfit(connection)

    def mark_unfit(self, found: Mapping[str, str]) -> None:
        """Commits that nothing is to be read from these parts."""
        with self._writing() as connection:
            rows = [(why, name) for name, why in found.items()]
            connection.executemany("UPDATE parts SET unfit = ? WHERE name = ?", rows)

    def mark_fit(self, names: Collection[str]) -> None:
        """Commits that these parts can be read again."""
        with self._writing() as connection:
            connection.executemany("UPDATE parts SET unfit = NULL WHERE name = ?", [(name,) for name in names])

    def forget_unfit(self, names: Collection[str]) -> int:
        """Commits that these parts are given up."""
        with self._writing() as connection:
            wanted = [(name,) for name in names]
            return connection.executemany("DELETE FROM parts WHERE name = ? AND unfit IS NOT NULL", wanted).rowcount

    def set_index(self, part: str, index_bytes: int) -> None:
        """Commits that the word index of the part with this name is there."""
        with self._writing() as connection:
            connection.execute("UPDATE parts SET index_bytes = ? WHERE name = ?", (index_bytes, part))

    def forget_retired(self, names: Collection[str]) -> None:
        """Commits that these files are gone."""
        with self._writing() as connection:
            connection.executemany("DELETE FROM retired_files WHERE name = ?", [(name,) for name in names])

    def remote_store(self) -> RemoteStore | None:
        """The object store; None when there is none yet."""
        with self._reading() as connection:
            return sqlite_remote.load_store(connection)

    def claim_remote_store(self, store: RemoteStore) -> None:
        """Commits that this is the object store, in the place of another."""
        with self._writing() as connection:
            sqlite_remote.replace_store(connection, store)

    def remote_files(self) -> tuple[RemoteFile, ...]:
        """The files that are in object storage, by name."""
        with self._reading() as connection:
            return sqlite_remote.load_files(connection)

    def unlisted_remote_files(self) -> tuple[str, ...]:
        """Names of files that are or may be there and are neither a part nor a part's index, by name."""
        with self._reading() as connection:
            return sqlite_remote.load_unlisted(connection)

    def begin_uploads(self, names: Collection[str], begun_ns: int) -> None:
        """Commits that these files may be in object storage from now on; what was known of them is void."""
        with self._writing() as connection:
            sqlite_remote.begin(connection, names, begun_ns)

    def end_uploads(self, files: Sequence[RemoteFile]) -> None:
        """Commits that these files are there, and verified."""
        with self._writing() as connection:
            sqlite_remote.end(connection, files)

    def forget_remote_files(self, names: Collection[str]) -> None:
        """Commits that these files are not in object storage."""
        with self._writing() as connection:
            sqlite_remote.forget(connection, names)

    def quarantined(self, file: str | None = None) -> tuple[QuarantineItem, ...]:
        """The sealed chunks in quarantine, or those in one file, oldest first."""
        with self._reading() as connection:
            return load_items(connection, file)

    def rewrite_quarantine(self, rewrites: Sequence[QuarantineRewrite]) -> None:
        """Commits that chunks are no longer in quarantine, in one transaction."""
        with self._writing() as connection:
            for one in rewrites:
                connection.execute("DELETE FROM quarantine_files WHERE name = ?", (one.old,))
                insert_quarantine(connection, one.new, one.left)

    def close(self) -> None:
        """Closes the database; its owner moves what is in the database's own log into its file first."""
        with self._lock, self._refusals():
            try:
                # A reader beside the owner may not write, and SQLite calls the attempt an I/O error.
                if not self._read_only:
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self._connection.close()

    def _prepare(self, clock: Clock, *, read_only: bool) -> None:
        if read_only:
            version = self._version()
            self._check_version(version)
            if version < len(MIGRATIONS):
                raise StorageError(
                    f"the catalog {self._path} is of version {version}, this is version {len(MIGRATIONS)}",
                    "start the server on this directory once, which brings it up to date",
                )
            return
        self._connection.execute("PRAGMA journal_mode = WAL")
        # The log is trimmed on the strength of a commit, so a commit must be on disk when it returns.
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, applied_ns INTEGER NOT NULL)"
        )
        version = self._version()
        self._check_version(version)
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            with self._writing() as connection:
                for statement in statements:
                    connection.execute(statement)
                connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", (number, clock.now_ns()))

    def _version(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations").fetchone()[0])

    def _check_version(self, version: int) -> None:
        if version > len(MIGRATIONS):
            raise CorruptionError(
                f"catalog version {version} is unknown, this is version {len(MIGRATIONS)}",
                self._path,
                remedy="start the version of Logstore that wrote this directory",
            )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._refusals():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._refusals():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.rollback()
            if self._is_at_rest and self._directory.exists(_OWN_LOG):
                raise StorageError("a server was started on the directory while its catalog was read", "try again")

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StorageError(f"the catalog {self._path} refused: {error}", self._hint(error)) from error
        except sqlite3.DatabaseError as error:
            raise CorruptionError(
                f"SQLite says: {error}", self._path, remedy="restore the directory from a backup: logstore restore"
            ) from error

    def _hint(self, error: sqlite3.OperationalError) -> str:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return "free some space"
        if not self._directory.exists(CATALOG_FILE):
            return "it is gone: restore the directory from a backup, or put the catalog back"
        return ""


def _insert_part(connection: sqlite3.Connection, part: Part) -> None:
    columns = orjson.dumps([[column.name, column.field, column.kind.value] for column in part.columns]).decode()
    connection.execute("INSERT OR IGNORE INTO column_schemas (columns) VALUES (?)", (columns,))
    (schema_id,) = connection.execute("SELECT id FROM column_schemas WHERE columns = ?", (columns,)).fetchone()
    row = (
        part.path,
        part.generation,
        part.tenant,
        part.rows,
        part.bytes,
        part.time_min_ns,
        part.time_max_ns,
        part.seq_min,
        part.seq_max,
        schema_id,
        part.has_more,
        None if part.tags is None else orjson.dumps(part.tags).decode(),
        pack_row_groups(part.row_groups),
        part.level,
        None if part.index is None else part.index_bytes,
        part.checksums,
    )
    connection.execute(f"INSERT INTO parts ({_PART_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - constants
    found = [(part.path, each.deletion, each.count, each.rows) for each in part.deleted]
    connection.executemany("INSERT INTO deleted_rows VALUES (?, ?, ?, ?)", found)


def _load_unfit(connection: sqlite3.Connection) -> tuple[UnfitPart, ...]:
    reasons = dict(connection.execute("SELECT name, unfit FROM parts WHERE unfit IS NOT NULL"))
    return tuple(UnfitPart(part, reasons[part.path]) for part in _load_parts(connection, "unfit IS NOT NULL"))


def _load_parts(connection: sqlite3.Connection, which: str = "unfit IS NULL") -> tuple[Part, ...]:
    # Many parts share few schemas: each is read once, and shared in memory too.
    schemas = {
        number: tuple(Column(name, field, Kind(kind)) for name, field, kind in orjson.loads(columns))
        for number, columns in connection.execute("SELECT id, columns FROM column_schemas")
    }
    deleted: dict[str, list[DeletedRows]] = {}
    found = connection.execute("SELECT part, deletion, count, rows FROM deleted_rows ORDER BY part, deletion")
    for name, deletion, count, packed in found:
        deleted.setdefault(name, []).append(DeletedRows(deletion, count, packed))
    remote = sqlite_remote.load_copies(connection)
    # So do they share tags.
    tags: dict[str | None, tuple[str, ...] | None] = {None: None}
    rows = connection.execute(f"SELECT {_PART_COLUMNS} FROM parts WHERE {which} ORDER BY generation, name")  # noqa: S608 - constants
    return tuple(
        _part(row, schemas, _shared(row[_TAGS], tags), tuple(deleted.get(row[0], ())), remote.get(row[0]))
        for row in rows
    )


def _shared(text: str | None, known: dict[str | None, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """The tags that `text` lists, the same object for the same text."""
    if text is not None and text not in known:
        known[text] = tuple(orjson.loads(text))
    return known[text]


def _part(
    row: tuple[Any, ...],
    schemas: dict[int, tuple[Column, ...]],
    tags: tuple[str, ...] | None,
    deleted: tuple[DeletedRows, ...],
    remote: Remote | None,
) -> Part:
    (
        name, generation, tenant, rows, size, time_min, time_max, seq_min, seq_max, schema_id, has_more, _, groups,
        level, index_bytes, checksums,
    ) = row  # fmt: skip
    return Part(
        path=name,
        generation=generation,
        rows=rows,
        bytes=size,
        time_min_ns=time_min,
        time_max_ns=time_max,
        seq_min=seq_min,
        seq_max=seq_max,
        columns=schemas[schema_id],
        has_more=bool(has_more),
        tags=tags,
        row_groups=PackedRowGroups(groups),
        tenant=tenant,
        level=level,
        index=None if index_bytes is None else index_name(name),
        index_bytes=index_bytes or 0,
        checksums=checksums,
        deleted=deleted,
        remote=remote,
    )
