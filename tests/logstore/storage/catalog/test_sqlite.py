"""The catalog in SQLite."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from logstore.errors import CorruptionError, StorageError
from logstore.model.schema import FIXED_COLUMNS, Column, Kind
from logstore.model.snapshot import Part, RowGroup
from logstore.storage.catalog.migrations import MIGRATIONS
from logstore.storage.catalog.records import FIRST_SEQ, CatalogState, IdFile, SealedGeneration
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.directory import PosixDirectory
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.manual_clock import ManualClock

PART = Part(
    path="parts/default/mixed/1-A.parquet",
    generation=1,
    rows=3,
    bytes=100,
    time_min_ns=-(2**63),
    time_max_ns=2**63 - 1,
    seq_min=1,
    seq_max=9,
    columns=(*FIXED_COLUMNS, Column("a~2", "A", Kind.FLOAT)),
    has_more=True,
    tags=("a", "b"),
    row_groups=(RowGroup(0, 2, -5, 6), RowGroup(2, 1, 7, 7)),
)
GENERATION = SealedGeneration(1, 1, 10, 3, 1, 77, (PART,), IdFile("chunk-ids/1.ids", 1, 5, 77))


def test_committed_state_comes_back(tmp_path):
    """All that was committed is there after the catalog is opened again."""
    second = replace(PART, path="x", generation=4, tags=None, has_more=False, row_groups=())
    with contextlib.closing(SqliteCatalog(PosixDirectory(tmp_path), ManualClock())) as catalog:
        assert catalog.state() == CatalogState(0, FIRST_SEQ, (), ())
        catalog.commit(GENERATION)
        catalog.commit(SealedGeneration(4, 10, 20, 3, 0, 99, (second,), None, ("chunk-ids/1.ids",)))
    with contextlib.closing(SqliteCatalog(PosixDirectory(tmp_path), ManualClock())) as catalog:
        assert catalog.state() == CatalogState(4, 20, (PART, second), ())
        assert catalog.last_generation() == 4
        assert catalog.committed_among([1, 2, 4]) == {1, 4}


def test_part_of_a_commit_is_none(tmp_path):
    """A commit that fails in its middle leaves nothing behind, and can be tried again."""
    with contextlib.closing(SqliteCatalog(PosixDirectory(tmp_path), ManualClock())) as catalog:
        with pytest.raises(CorruptionError):
            catalog.commit(replace(GENERATION, parts=(PART, PART)))
        assert catalog.state() == CatalogState(0, FIRST_SEQ, (), ())
        catalog.commit(GENERATION)
        assert catalog.last_generation() == 1


def test_a_full_disk_has_a_hint(tmp_path):
    """It says what to do, and nothing was committed."""
    with contextlib.closing(SqliteCatalog(PosixDirectory(tmp_path), ManualClock())) as catalog:
        catalog._connection.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StorageError, match=r"full .free some space"):
            catalog.commit(replace(GENERATION, parts=tuple(replace(PART, path=str(n)) for n in range(1000))))
        assert catalog.last_generation() == 0


def test_commit_that_reports_failure_may_have_happened(tmp_path):
    """After an error `last_generation` says whether the commit was carried out."""
    directory = FaultyDirectory(tmp_path / "data")
    with contextlib.closing(SqliteCatalog(directory, ManualClock())) as catalog:
        for fault, expected in ((Fault.BEFORE, 0), (Fault.AFTER, 1)):
            directory.fail_later(0, fault)
            with pytest.raises(StorageError, match="made to fail"):
                catalog.commit(GENERATION)
            assert catalog.last_generation() == expected


def test_newer_catalog_is_refused(tmp_path):
    """A catalog of a later version is refused, with the remedy."""
    SqliteCatalog(PosixDirectory(tmp_path), ManualClock()).close()
    connection = PosixDirectory(tmp_path).connect("catalog.sqlite")
    connection.execute("INSERT INTO schema_migrations VALUES (1000, 0)")
    connection.close()
    with pytest.raises(CorruptionError, match="start the version"):
        SqliteCatalog(PosixDirectory(tmp_path), ManualClock())


def test_older_catalogs_are_not_read_as_they_are(tmp_path):
    """A reader may change nothing, so it says who can; a server brings the catalog up to date."""
    SqliteCatalog(PosixDirectory(tmp_path), ManualClock()).close()
    connection = PosixDirectory(tmp_path).connect("catalog.sqlite")
    connection.executescript(
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name <> 'schema_migrations';"
        "PRAGMA writable_schema = RESET; DELETE FROM schema_migrations"
    )
    for number, steps in enumerate(MIGRATIONS[:1], 1):
        for step in steps:
            connection.execute(step)
        connection.execute("INSERT INTO schema_migrations VALUES (?, 0)", (number,))
    connection.close()
    with pytest.raises(StorageError, match="start the server on this directory once"):
        SqliteCatalog(PosixDirectory(tmp_path), ManualClock(), read_only=True)
    SqliteCatalog(PosixDirectory(tmp_path), ManualClock()).close()
    SqliteCatalog(PosixDirectory(tmp_path), ManualClock(), read_only=True).close()


def test_no_database(tmp_path):
    """A file that is no database is corruption; a reader that finds no catalog is refused."""
    with pytest.raises(StorageError):
        SqliteCatalog(PosixDirectory(tmp_path), ManualClock(), read_only=True)
    (tmp_path / "catalog.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(CorruptionError):
        SqliteCatalog(PosixDirectory(tmp_path), ManualClock())
