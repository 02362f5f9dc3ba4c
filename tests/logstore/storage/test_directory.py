"""Touching files."""

from __future__ import annotations

import errno
import os
from random import Random

import pytest

from logstore.errors import DirectoryLockedError, StorageError
from logstore.storage.directory import MissingFileError, PosixDirectory
from logstore.storage.publish import Publisher
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory


def test_appended_bytes_come_back(tmp_path):
    """Any number of buffers of any size is written in order."""
    random = Random(1)
    buffers = [random.randbytes(random.randrange(40)) for _ in range(3000)]
    directory = PosixDirectory(tmp_path)
    file = directory.create("f")
    file.append(buffers)
    file.append([])
    file.sync()
    file.close()
    file.close()
    content = b"".join(buffers)
    assert directory.read("f") == bytes(directory.map("f")) == content
    assert directory.size("f") == len(content)


def test_short_writes_are_completed(tmp_path, monkeypatch):
    """When the system takes fewer bytes than it is given, the rest follows."""
    writev = os.writev
    monkeypatch.setattr(os, "writev", lambda descriptor, views: writev(descriptor, [views[0][:3]]))
    directory = PosixDirectory(tmp_path)
    directory.create("f").append([b"abcdefg", b"", b"hi"])
    assert directory.read("f") == b"abcdefghi"


def test_a_name_is_taken_once(tmp_path):
    """Creating a file that exists is refused, and its content stays."""
    directory = PosixDirectory(tmp_path)
    directory.create("f").append([b"x"])
    with pytest.raises(StorageError, match="cannot create"):
        directory.create("f")
    assert directory.read("f") == b"x"


def test_what_is_missing_is_told(tmp_path):
    """Reading, mapping, measuring and removing what is not there raise MissingFileError; listing it gives nothing."""
    directory = PosixDirectory(tmp_path)
    for call in (directory.read, directory.map, directory.size, directory.remove, directory.sync):
        with pytest.raises(MissingFileError, match="not there"):
            call("f")
    assert directory.files("nothing") == []
    assert not directory.exists("f")


def test_map_outlives_removal(tmp_path):
    """A mapped file can be read after it was removed; an empty one maps too."""
    directory = PosixDirectory(tmp_path)
    directory.create("f").append([b"abc"])
    directory.create("empty").close()
    view = directory.map("f")
    directory.remove("f")
    assert bytes(view) == b"abc"
    assert bytes(directory.map("empty")) == b""


def test_full_disk_has_a_hint(tmp_path, monkeypatch):
    """A full disk is told as such, with what to do."""

    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "writev", refuse)
    with pytest.raises(StorageError, match=r"No space left on device .free some space"):
        PosixDirectory(tmp_path).create("f").append([b"x"])


def test_a_file_in_the_place_of_a_directory_has_a_hint(tmp_path):
    """Whoever named it learns what it is."""
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(StorageError, match=r"Not a directory .name a directory"):
        PosixDirectory(tmp_path / "f").read("format")


def test_locks(tmp_path):
    """A lock has one holder, whose pid others are told; released, it can be taken again."""
    directory = PosixDirectory(tmp_path)
    held = directory.lock("lock")
    assert directory.is_locked("lock")
    with pytest.raises(DirectoryLockedError) as refused:
        directory.lock("lock")
    assert refused.value.pid == os.getpid()
    held.release()
    held.release()
    assert not directory.is_locked("lock")
    directory.lock("lock").release()


def test_a_full_disk_keeps_nobody_from_locking(tmp_path, monkeypatch):
    """Whoever reads a directory or frees its disk has to; only who holds the lock cannot be told."""

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", refuse)
    directory = PosixDirectory(tmp_path)
    held = directory.lock("lock")
    with pytest.raises(DirectoryLockedError) as refused:
        directory.lock("lock")
    assert refused.value.pid == 0
    held.release()


def test_root_is_made_with_its_parents(tmp_path):
    """A data directory may lie in directories that are not there yet."""
    directory = PosixDirectory(tmp_path / "a/b")
    directory.make_root()
    directory.make_root()
    assert (tmp_path / "a/b").is_dir()


@pytest.mark.parametrize("fault", list(Fault))
def test_published_files_are_whole_or_absent(tmp_path, fault):
    """Whichever call fails, after a power failure a file is whole if it was published, else whole or absent."""
    content = b"0123456789"
    for number in range(1, 20):
        directory = FaultyDirectory(tmp_path / str(number), seed=number, fail_at=number, fault=fault)
        try:
            Publisher(directory).publish("a/b/f", [content[:4], content[4:]])
            is_published = True
        except StorageError:
            is_published = False
        found = directory.crash()
        if is_published or found.exists("a/b/f"):
            assert found.read("a/b/f") == content
    assert is_published


def test_what_cannot_be_made_is_not_published(tmp_path):
    """When the bytes of a file fail to be made half way, nothing is left of it, and the error is told."""

    def stretches():
        yield [b"first", b"second"]
        raise ZeroDivisionError

    directory = PosixDirectory(tmp_path)
    with pytest.raises(ZeroDivisionError):
        Publisher(directory).publish_growing("a/f", stretches())
    assert directory.files("") == []
    Publisher(directory).publish_growing("a/f", iter([[b"first"], [], [b"second", b"third"]]))
    assert directory.read("a/f") == b"firstsecondthird"
