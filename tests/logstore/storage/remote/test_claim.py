"""Whose a place in object storage is."""

from __future__ import annotations

import pytest

from logstore.errors import CorruptionError, StorageError
from logstore.storage.catalog.records import RemoteFile
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.remote.claim import MARKER, Claim
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.remote.faulty_objects import FaultyObjects, ObjectFault


def catalog_of(path) -> SqliteCatalog:
    """A catalog of its own."""
    return SqliteCatalog(FaultyDirectory(path), ManualClock())


def claim_of(objects: FaultyObjects, catalog: SqliteCatalog, own_id: str = "ours") -> Claim:
    """The claim of a server that has just started."""
    return Claim(objects, catalog, ManualClock(), lambda: own_id)


def test_first_to_come_owns_the_place(tmp_path):
    """It is found to be ours at every start, and no other directory may use it."""
    objects, catalog = FaultyObjects(), catalog_of(tmp_path / "a")
    claim_of(objects, catalog).ensure()
    claim_of(objects, catalog, "another id").ensure()
    assert b'"ours"' in objects.contents[MARKER]
    other = claim_of(objects, catalog_of(tmp_path / "b"), "theirs")
    with pytest.raises(StorageError, match="belongs to another data directory"):
        other.ensure()
    assert not other.is_ours
    assert b'"ours"' in objects.contents[MARKER]


@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize("fault", list(ObjectFault))
def test_claim_that_failed_half_way_is_made_again(tmp_path, call: int, fault: ObjectFault):
    """Whatever the store did with the marker, the next try finds or makes it ours."""
    objects, catalog = FaultyObjects(), catalog_of(tmp_path / "a")
    objects.fail_later(call, fault)
    try:
        claim_of(objects, catalog).ensure()
    except StorageError:
        objects.mend()
        claim_of(objects, catalog, "another id").ensure()
    assert f'"{catalog.remote_store().id}"'.encode() in objects.contents[MARKER]


def test_place_that_has_moved_is_still_ours(tmp_path):
    """All objects were copied to another URL: nothing is uploaded anew, and the new URL is remembered."""
    objects, catalog = FaultyObjects(), catalog_of(tmp_path / "a")
    claim_of(objects, catalog).ensure()
    objects.url = "memory://elsewhere"
    claim_of(objects, catalog).ensure()
    assert catalog.remote_store().url == "memory://elsewhere"


def test_wrong_url_is_refused_while_files_are_elsewhere(tmp_path):
    """An empty place is not taken for the one where our files are, and is told so; with no files there it is taken."""
    objects, catalog, empty = FaultyObjects(), catalog_of(tmp_path / "a"), FaultyObjects()
    claim_of(objects, catalog).ensure()
    catalog.begin_uploads(["parts/x.parquet"], 1)
    catalog.end_uploads([RemoteFile("parts/x.parquet", 5, 6, 7)])
    empty.url = "memory://elsewhere"
    with pytest.raises(StorageError, match="files of this data directory are in memory://store"):
        claim_of(empty, catalog).ensure()
    assert not empty.contents
    catalog.forget_remote_files(["parts/x.parquet"])
    claim_of(empty, catalog).ensure()
    assert MARKER in empty.contents


def test_marker_that_is_gone_is_written_again(tmp_path, caplog: pytest.LogCaptureFixture):
    """Somebody removed it: it is ours all the same, and that is told."""
    objects, catalog = FaultyObjects(), catalog_of(tmp_path / "a")
    claim_of(objects, catalog).ensure()
    catalog.begin_uploads(["parts/x.parquet"], 1)
    catalog.end_uploads([RemoteFile("parts/x.parquet", 5, 6, 7)])
    del objects.contents[MARKER]
    claim_of(objects, catalog).ensure()
    assert MARKER in objects.contents
    assert "is written again" in caplog.text


@pytest.mark.parametrize("content", [b"", b"{}", b'{"logstore": 2, "id": "x"}', b"no json"])
def test_marker_of_others_is_not_touched(tmp_path, content: bytes):
    """What we cannot read is somebody else's."""
    objects = FaultyObjects()
    objects.contents[MARKER] = content
    with pytest.raises(CorruptionError, match="choose another prefix"):
        claim_of(objects, catalog_of(tmp_path / "a")).ensure()
    assert objects.contents == {MARKER: content}
