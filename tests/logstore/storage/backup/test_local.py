"""A directory as a place for backups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from logstore.errors import StorageError, WorldError
from logstore.storage.backup.local import LocalTarget
from logstore.storage.directory import MissingFileError, PosixDirectory


def _target(path: Path) -> LocalTarget:
    return LocalTarget(PosixDirectory(path))


def test_what_was_put_can_be_got_listed_and_deleted(tmp_path: Path) -> None:
    """A key holds what was put under it until it is deleted."""
    target = _target(tmp_path / "new" / "backups")
    with target.lock():
        target.put("files/ab/abc", [b"one", b"two"], 6)
        target.put("backups/1.json", [], 0)
    assert b"".join(target.get("files/ab/abc")) == b"onetwo"
    assert (target.size("files/ab/abc"), target.size("backups/1.json"), target.size("files/x")) == (6, 0, None)
    assert (list(target.list("files/")), list(target.list("nothing/"))) == (["files/ab/abc"], [])
    target.delete("files/ab/abc")
    target.delete("files/ab/abc")
    with pytest.raises(MissingFileError):
        next(target.get("files/ab/abc"))


def test_pieces_that_end_in_an_error_leave_nothing(tmp_path: Path) -> None:
    """What could not be read to its end is not there, not even under another name."""

    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise WorldError("the disk is gone")

    target = _target(tmp_path)
    with pytest.raises(WorldError, match="gone"):
        target.put("files/ab/abc", pieces(), 10)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_one_at_a_time_writes(tmp_path: Path) -> None:
    """A second writer is told who holds the place, and what to do."""
    with _target(tmp_path).lock(), pytest.raises(StorageError, match="wait until"), _target(tmp_path).lock():
        pass
