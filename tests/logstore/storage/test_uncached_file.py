"""Writing past the page cache."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.errors import StorageError
from logstore.storage import uncached_file
from logstore.storage.directory import PosixDirectory
from logstore.storage.uncached_file import BLOCK_BYTES, LEAST_BYTES, PIECE_BYTES, UncachedFile
from tests import scratch

RANDOM = Random(1)
BYTES = RANDOM.randbytes(3 * PIECE_BYTES)


@pytest.fixture
def tmp_path(disk_path):
    """Memory takes writes past the cache, and has none."""
    return disk_path


def write(path, sizes):
    """Appends of these sizes, two buffers each; what was appended."""
    file = UncachedFile(path)
    content = b""
    for number, size in enumerate(sizes):
        data = BYTES[number : number + size]
        content += data
        file.append([data[: size // 3], memoryview(data)[size // 3 :]])
    file.close()
    file.close()
    return content


SIZES = st.one_of(
    st.integers(0, 3 * BLOCK_BYTES),
    st.integers(LEAST_BYTES - 1, LEAST_BYTES + BLOCK_BYTES),
    st.integers(PIECE_BYTES - BLOCK_BYTES, PIECE_BYTES + BLOCK_BYTES),
    st.sampled_from([BLOCK_BYTES, LEAST_BYTES, PIECE_BYTES, 2 * PIECE_BYTES, 2 * PIECE_BYTES + 1]),
)


@given(st.lists(SIZES, max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_appends_come_back(sizes):
    """Small and large ones in any order, whole blocks or not."""
    with tempfile.TemporaryDirectory(dir=scratch.on_disk()) as name:
        content = write(Path(name, "f"), sizes)
        assert Path(name, "f").read_bytes() == content


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_file_system_that_cannot_is_written_through_the_cache(tmp_path, monkeypatch, failing):
    """At the first refusal, which may come in the middle, writing goes on as anywhere else."""
    pwrite, calls = os.pwrite, []

    def refuse(descriptor, data, offset):
        calls.append(offset)
        if len(calls) >= failing:
            raise OSError(errno.EINVAL, "Invalid argument")
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", refuse)
    content = write(tmp_path / "f", [5, 2 * PIECE_BYTES + 7, LEAST_BYTES, 3])
    assert (tmp_path / "f").read_bytes() == content
    assert len(calls) <= failing


def test_short_writes_are_completed(tmp_path, monkeypatch):
    """When the system takes fewer blocks than it is given, the rest follows."""
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: pwrite(fd, data[: 16 * BLOCK_BYTES], at))
    content = write(tmp_path / "f", [9, PIECE_BYTES, 9])
    assert (tmp_path / "f").read_bytes() == content


def test_without_the_flag_everything_goes_through_the_cache(tmp_path, monkeypatch):
    """Where the system has no such thing."""
    monkeypatch.delattr(uncached_file.os, "O_DIRECT", raising=False)
    file = UncachedFile(tmp_path / "f")
    file.append([BYTES])
    file.close()
    assert not file.is_direct
    assert (tmp_path / "f").read_bytes() == BYTES


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), 100])
def test_what_the_disk_refuses_is_told(tmp_path, monkeypatch, failure):
    """A full disk, and one that takes a part of a block, are errors of the write."""

    def refuse(*_):
        if isinstance(failure, int):
            return failure
        raise failure

    monkeypatch.setattr(uncached_file, "_open_direct", lambda path: os.open(path, os.O_WRONLY))
    monkeypatch.setattr(os, "pwrite", refuse)
    file = PosixDirectory(tmp_path).create("f", is_reread=False)
    with pytest.raises(StorageError, match="cannot write"):
        file.append([BYTES])
    file.close()
