"""A catalog that is gone, or older than the files beside it."""

from __future__ import annotations

import shutil

import pytest

from logstore.errors import CorruptionError
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import ids
from tests.logstore.storage.sender import kill, open_store
from tests.logstore.storage.test_recovery import fill, leave_log


@pytest.mark.parametrize("is_empty", [False, True])
def test_parts_without_their_catalog_are_not_taken_for_leftovers(tmp_path, is_empty):
    """The directory is not opened, nothing is removed, and the error says what to do."""
    fill(tmp_path, "a", "b")
    before = sorted(tmp_path.glob("parts/**/*.parquet"))
    (tmp_path / "catalog.sqlite").unlink()
    if is_empty:
        (tmp_path / "catalog.sqlite").touch()
    with pytest.raises(CorruptionError, match=r"there are 2 parts.*restore"):
        open_store(FaultyDirectory(tmp_path))
    assert sorted(tmp_path.glob("parts/**/*.parquet")) == before


def test_what_an_older_catalog_does_not_know_is_kept(tmp_path, caplog):
    """Parts that were sealed after a copy of the catalog was made are set aside, not removed; it is told."""
    fill(tmp_path, "a")
    shutil.copy(tmp_path / "catalog.sqlite", tmp_path / "old")
    fill(tmp_path, "b")
    (tmp_path / "old").replace(tmp_path / "catalog.sqlite")
    store = open_store(FaultyDirectory(tmp_path))
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a"]
    store.close()
    assert "the catalog is older" in caplog.text
    assert len(list(tmp_path.glob("quarantine/parts_*.parquet"))) == 1
    assert len(list(tmp_path.glob("quarantine/ledger_*.parquet"))) == 1


def test_leftovers_of_a_seal_are_still_removed(tmp_path):
    """Parts of a generation that was never committed, whose events are in the log."""
    leave_log(tmp_path, ("ab", b"x"))
    directory = FaultyDirectory(tmp_path)
    store = open_store(directory)
    sealer = store._machinery.sealer
    # What was in the log is decoded then.
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b"]
    written = sealer._services.files.write(store._machinery.head.freeze(), 7)
    assert written.parts
    kill(directory, store)
    directory.revive()
    store = open_store(directory)
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b"]
    assert store.recovery.quarantined == ()
    store.close()
