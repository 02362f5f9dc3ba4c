"""Appending to the log, also when the disk refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from logstore.errors import StorageError
from logstore.storage.append_file import Buffer
from logstore.storage.directory import AppendFile, PosixDirectory
from logstore.storage.layout import WAL, segment_name
from logstore.storage.wal.format import HEADER_BYTES, make_record
from logstore.storage.wal.replay import replay
from logstore.storage.wal.writer import LogWriter
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import chunk


def new_log(directory: FaultyDirectory, next_seq: int = 1, max_segment_bytes: int = 10**6) -> LogWriter:
    """The log of a new directory."""
    directory.make(WAL)
    directory.sync_directory("")
    return LogWriter(directory, next_seq, None, max_segment_bytes, {})


def append(log: LogWriter, *payloads: bytes) -> None:
    """Appends a group."""
    log.append([make_record(log.take_seq(1), chunk(payload)) for payload in payloads], sync=True)


def replayed(directory: FaultyDirectory, from_seq: int = 1) -> list[bytes]:
    """The payloads that a replay gives."""
    return [logged.entry.chunk.payload for logged in replay(directory, from_seq).entries]


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER, Fault.SHORT])
@pytest.mark.parametrize("call", [0, 1])
def test_failed_group_is_void(tmp_path: Path, fault: Fault, call: int):
    """When the write or the sync of a group fails, nothing of it is replayed, though its bytes may be on disk."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory)
    append(log, b"a", b"b")
    directory.fail_later(call, fault)
    with pytest.raises(StorageError, match="made to fail"):
        append(log, b"c", b"d")
    append(log, b"e")
    assert replayed(directory) == [b"a", b"b", b"e"]
    assert replay(directory, 1).damaged == ()
    assert replayed(directory.crash()) == [b"a", b"b", b"e"]


def test_failed_segment_is_never_written_again(tmp_path: Path):
    """After a failure the next group goes to another segment, and the failed one keeps its size."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory)
    append(log, b"a")
    directory.fail_later(1, Fault.AFTER)
    with pytest.raises(StorageError):
        append(log, b"b")
    size = directory.size(segment_name(1))
    append(log, b"c")
    assert directory.size(segment_name(1)) == size
    assert log.counters.segments == 2


def test_failed_segment_stays_closed_when_no_other_can_be_begun(tmp_path: Path):
    """A group after a failure never follows the failed one in its segment, also when the first new segment fails."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory)
    append(log, b"a")
    directory.create(segment_name(3)).close()
    directory.fail_later(1, Fault.AFTER)
    with pytest.raises(StorageError):
        append(log, b"b")
    append(log, b"c")
    assert replayed(directory) == [b"a", b"c"]


def test_full_disk_and_recovery(tmp_path: Path):
    """While no segment can be begun every group fails; once one can, the log goes on by itself."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory)
    append(log, b"a")
    directory.die()
    for _ in range(3):
        with pytest.raises(StorageError):
            append(log, b"x")
    directory.revive()
    append(log, b"b")
    assert replayed(directory) == [b"a", b"b"]
    assert log.counters.failed_groups == 3


def test_sequence_numbers_are_never_given_twice(tmp_path: Path):
    """Numbers of failed groups are burnt, also over a restart that finds the failed group's bytes."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory)
    append(log, b"a")
    directory.fail_later(1, Fault.AFTER)
    with pytest.raises(StorageError):
        append(log, b"b")
    burnt = log.take_seq(1) - 1
    found = replay(directory, 1)
    assert found.next_seq > burnt - 1
    assert found.next_seq not in {logged.entry.seq for logged in found.entries}


def test_rotation_and_trim(tmp_path: Path):
    """Large segments are closed; trimming removes those that lie wholly before a sequence number, and no other."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory, max_segment_bytes=HEADER_BYTES)
    for payload in (b"a", b"b", b"c"):
        append(log, payload)
    assert log.counters.segments == 3
    log.trim(2)
    assert directory.files(WAL) == [segment_name(2), segment_name(3)]
    assert replayed(directory, 2) == [b"b", b"c"]
    log.trim(4)
    assert directory.files(WAL) == []
    assert (log.counters.segments, log.counters.bytes) == (0, 0)
    append(log, b"d")
    assert replayed(directory, 4) == [b"d"]
    assert replay(directory, 4).missing == ()


def test_lost_segment_and_lost_end_are_told(tmp_path: Path):
    """A segment that is gone, or shorter than the next one says, is damage."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory, max_segment_bytes=HEADER_BYTES)
    for payload in (b"a", b"b", b"c"):
        append(log, payload)
    path = tmp_path / "data" / segment_name(1)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert [one.segment for one in replay(directory, 1).damaged] == [1, 1]
    path.write_bytes(whole)
    (tmp_path / "data" / segment_name(2)).unlink()
    assert replay(directory, 1).missing == (2,)
    assert replay(directory, 3).missing == ()


def test_torn_header_of_the_newest_segment(tmp_path: Path):
    """A crash while a segment was begun leaves nothing to tell."""
    directory = FaultyDirectory(tmp_path / "data")
    log = new_log(directory)
    append(log, b"a")
    directory.create(segment_name(7)).append([b"LSWL"])
    found = replay(directory, 1)
    assert (len(found.entries), found.damaged, found.missing) == (1, (), ())
    assert found.next_seq == 8


def test_real_files(tmp_path: Path):
    """The same on a real directory, with a group of more buffers than one writev takes."""
    directory = PosixDirectory(tmp_path)
    directory.make(WAL)
    log = LogWriter(directory, 1, None, 10**6, {})
    payloads = [str(number).encode() for number in range(1500)]
    log.append([make_record(log.take_seq(1), chunk(payload)) for payload in payloads], sync=True)
    log.rotate()
    assert [logged.entry.chunk.payload for logged in replay(directory, 1).entries] == payloads


class FullDisk(PosixDirectory):
    """A disk on which files can be made and, while it is full, not written."""

    is_full = False

    def create(self, name: str, *, is_reread: bool = True) -> AppendFile:
        """A file that this disk has room for, or not."""
        return _FileOnFullDisk(self, super().create(name, is_reread=is_reread))


class _FileOnFullDisk:
    def __init__(self, disk: FullDisk, file: AppendFile) -> None:
        self._disk, self._file = disk, file
        self.sync, self.close = file.sync, file.close

    def append(self, buffers: Sequence[Buffer]) -> None:
        """Writes the first half, when there is no room for all."""
        data = b"".join(buffers)
        self._file.append([data[: len(data) // 2] if self._disk.is_full else data])
        if self._disk.is_full:
            raise StorageError("no space left")


def test_a_disk_that_is_full_for_hours_is_not_strewn_with_segments(tmp_path: Path):
    """Senders try several times a second: what a failed append began is gone again, and the log goes on afterwards."""
    directory = FullDisk(tmp_path)
    directory.make(WAL)
    log = LogWriter(directory, 1, None, 10**6, {})
    append(log, b"a")
    directory.is_full = True
    for _ in range(50):
        with pytest.raises(StorageError, match="no space"):
            append(log, b"failed")
    assert directory.files(WAL) == [segment_name(1)]
    assert log.counters.segments == 1
    directory.is_full = False
    append(log, b"b")
    found = replay(directory, 1)
    assert ([logged.entry.chunk.payload for logged in found.entries], found.damaged) == ([b"a", b"b"], ())
