"""What the catalog knows of object storage."""

from __future__ import annotations

import sqlite3

from logstore.storage.catalog.records import RemoteFile, RemoteStore
from logstore.storage.catalog.sqlite import SqliteCatalog
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.manual_clock import ManualClock


def catalog_of(tmp_path) -> SqliteCatalog:
    """A new catalog."""
    return SqliteCatalog(FaultyDirectory(tmp_path / "data"), ManualClock())


def test_file_counts_once_it_is_verified(tmp_path):
    """A file that is being uploaded is no remote file, and is known all the same; one of no part may go."""
    catalog = catalog_of(tmp_path)
    catalog.begin_uploads(["parts/a.parquet", "parts/a.words"], 1)
    assert catalog.remote_files() == ()
    assert catalog.unlisted_remote_files() == ("parts/a.parquet", "parts/a.words")
    part, index = RemoteFile("parts/a.parquet", 10, 11, 12), RemoteFile("parts/a.words", 20, 21, 22)
    catalog.end_uploads([part, index])
    assert catalog.remote_files() == (part, index)
    catalog.forget_remote_files(["parts/a.words"])
    assert catalog.remote_files() == (part,)


def test_part_that_is_there_stays_there(tmp_path):
    """Beginning to upload it again makes nothing void, for it never has another content; an index may."""
    catalog = catalog_of(tmp_path)
    part, index = RemoteFile("parts/a.parquet", 10, 11, 12), RemoteFile("parts/a.words", 20, 21, 22)
    catalog.begin_uploads([part.name, index.name], 1)
    catalog.end_uploads([part, index])
    catalog.begin_uploads([part.name, index.name], 2)
    assert catalog.remote_files() == (part,)


def test_there_is_one_store(tmp_path):
    """Another takes the place of the one that was."""
    catalog = catalog_of(tmp_path)
    assert catalog.remote_store() is None
    catalog.claim_remote_store(RemoteStore("id", "s3://a/b", 1))
    catalog.claim_remote_store(RemoteStore("id", "s3://c/d", 2))
    assert catalog.remote_store() == RemoteStore("id", "s3://c/d", 2)


def test_copy_knows_no_object_storage(tmp_path):
    """Whoever restores a backup must not take the objects for its own."""
    catalog = catalog_of(tmp_path)
    catalog.claim_remote_store(RemoteStore("id", "s3://a/b", 1))
    catalog.begin_uploads(["parts/a.parquet"], 1)
    _, content = catalog.copy()
    (tmp_path / "copy").write_bytes(content)
    copied = sqlite3.connect(tmp_path / "copy")
    for table in ("remote_store", "remote_files"):
        assert copied.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    copied.close()
    assert catalog.remote_store() is not None
