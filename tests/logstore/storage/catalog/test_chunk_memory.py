"""Remembering chunks."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.chunk import Entry
from logstore.storage.catalog.chunk_memory import MAX_LAYER_FILES, ChunkMemory
from logstore.storage.catalog.id_file import ChunkOrigin, all_keys, check_ids, encode_ids, find_id
from logstore.storage.catalog.key_filter import KeyFilter, probe_of
from logstore.storage.catalog.records import IdFile
from logstore.storage.directory import PosixDirectory
from logstore.storage.wal.format import LoggedEntry
from tests.logstore.storage.lines import chunk

KEYS = st.binary(min_size=16, max_size=16)
ORIGINS = st.builds(ChunkOrigin, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))


def key_of(number: int) -> bytes:
    """A key like those of chunks."""
    return hashlib.blake2b(str(number).encode(), digest_size=16).digest()


def write_ids(path: Path, generation: int, numbers: range) -> IdFile:
    """A chunk-id file for the keys of these numbers."""
    content = b"".join(encode_ids(generation, [(key_of(n), ChunkOrigin(n, generation)) for n in numbers]))
    (path / f"{generation}.ids").write_bytes(content)
    return IdFile(f"{generation}.ids", generation, len(numbers), generation)


def logged(seq: int, chunk_id: bytes, connection: int) -> LoggedEntry:
    """An entry with this chunk id."""
    return LoggedEntry(Entry(seq, chunk(b"x\n", chunk_id, connection=connection)), 0)


@given(st.dictionaries(KEYS, ORIGINS, max_size=40), KEYS)
def test_ids_come_back(origins, stranger):
    """Every key is found with its origin, and no other."""
    content = memoryview(b"".join(encode_ids(3, origins.items())))
    check_ids(content, "x")
    assert {key: find_id(content, key) for key in origins} == origins
    assert find_id(content, stranger) == origins.get(stranger)
    assert len(all_keys(content)) == len(origins)


def test_damaged_ids_are_noticed():
    """A file that was cut or changed anywhere is damaged."""
    content = b"".join(encode_ids(1, [(key_of(n), ChunkOrigin(n, n)) for n in range(3)]))
    for place in range(len(content)):
        flipped = bytearray(content)
        flipped[place] ^= 1
        for damaged in (bytes(flipped), content[:place]):
            with pytest.raises(CorruptionError):
                check_ids(memoryview(damaged), "x")


def test_filter_knows_members_and_few_strangers():
    """No member is denied; at its capacity, about one stranger in 200 passes, and never more than two in 100."""
    count = 20_000
    keys = b"".join(key_of(number) for number in range(count))
    members = KeyFilter(count)
    members.add(np.frombuffer(keys, "<u8").reshape(-1, 2).astype(np.uint64))
    assert all(members.may_hold(probe_of(key_of(number))) for number in range(count))
    strangers = sum(members.may_hold(probe_of(key_of(number))) for number in range(count, 2 * count))
    assert strangers < count / 50


def test_newest_copy_is_remembered(tmp_path):
    """Of chunks with one key the newest counts, whichever generation it is in."""
    memory = ChunkMemory(PosixDirectory(tmp_path))
    memory.remember([logged(1, b"a", 10), logged(2, b"b", 11), logged(3, b"a", 12)])
    key = logged(1, b"a", 0).key
    assert key is not None
    assert memory.origin(key) == ChunkOrigin(12, 0)
    assert [origin.connection for _, origin in memory.recent_before(3)] == [11]
    memory.forget_before(3)
    assert memory.origin(key) == ChunkOrigin(12, 0)
    memory.forget_before(4)
    assert (memory.recent, memory.origin(key)) == (0, None)


def test_many_files(tmp_path):
    """Chunks of more files than one layer takes are all found; those of dropped files no longer."""
    memory = ChunkMemory(PosixDirectory(tmp_path))
    files = [write_ids(tmp_path, number, range(number * 10, number * 10 + 10)) for number in range(MAX_LAYER_FILES + 5)]
    for file in files:
        memory.add_file(file)
    assert memory.files == tuple(files)
    for number in range(len(files) * 10):
        assert memory.origin(key_of(number)) == ChunkOrigin(number, number // 10)
    memory.drop_files([file.name for file in files[:-1]])
    assert memory.files == (files[-1],)
    assert memory.origin(key_of(0)) is None
    assert memory.origin(key_of(len(files) * 10 - 1)) is not None
