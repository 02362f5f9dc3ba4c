"""The data directory: the one place that touches files.

Names are relative to the data directory, with `/` between their steps. Two rules hold for everything in it:

* A file is written once, from its start to its end, and never changed after. The log's segments grow while they are
  the newest; all other files come to be through `publish.Publisher`, whole or not at all.
* What was appended is durable after `AppendFile.sync`, and a name is durable after `sync_directory` of the directory
  that holds it. Nothing is durable before.

What the operating system refuses is raised as `StorageError`; a file that is not there as `MissingFileError`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from logstore.errors import DirectoryLockedError, StorageError
from logstore.storage.append_file import Buffer, CachedFile
from logstore.storage.uncached_file import UncachedFile

# A sector that cannot be read; what a file system says whose own checksums do not match.
_DAMAGED = frozenset({errno.EIO, errno.EBADMSG, getattr(errno, "EUCLEAN", errno.EIO)})

_HINTS = {
    errno.ENOSPC: "free some space; intake resumes by itself",
    errno.EDQUOT: "free some space; intake resumes by itself",
    errno.ENOTDIR: "name a directory, not a file",
    errno.EACCES: "run it as the user that owns the data directory, or let this one read and write there",
    errno.EPERM: "run it as the user that owns the data directory, or let this one read and write there",
    errno.EROFS: "mount the file system so that it can be written to",
}
"""What to do about what the operating system refuses."""


class MissingFileError(StorageError):
    """The file is not there."""


class UnreadableError(StorageError):
    """The file is there, and the disk does not give its bytes back: it is as good as damaged."""


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of a disk: all of them, and those that we may still use."""

    total: int
    free: int


class AppendFile(Protocol):
    """A file that is being written."""

    def append(self, buffers: Sequence[Buffer]) -> None:
        """Writes all bytes of `buffers` in order. After an error, any prefix of them may have been written."""

    def sync(self) -> None:
        """Makes everything appended so far durable. After an error, nothing is known of what is durable."""

    def close(self) -> None:
        """Gives the file back; it is not synced. May be called again."""


class ReadFile(Protocol):
    """A file that is being read. Safe from several threads."""

    @property
    def size(self) -> int:
        """Its bytes when it was opened."""

    def read_at(self, offset: int, size: int) -> bytes:
        """The bytes [offset, offset + size); fewer only where the file ends before."""

    def close(self) -> None:
        """Gives the file back. May be called again."""


class Held(Protocol):
    """A lock on a file, held until released or until this process ends, however it ends."""

    def release(self) -> None:
        """Gives the lock up. May be called again."""


class Directory(Protocol):
    """What the storage engine may do to its files. Safe from several threads."""

    def path(self, name: str) -> str:
        """The absolute path of `name`, for readers that open files themselves (DuckDB, pyarrow)."""

    def make_root(self) -> None:
        """Makes the data directory itself when it is not there, durably."""

    def make(self, name: str) -> None:
        """Makes a directory whose parent exists; nothing happens when it is there already."""

    def create(self, name: str, *, is_reread: bool = True) -> AppendFile:
        """Begins a new file; refused when the name is taken. One that is not soon read may pass the page cache by."""

    def read(self, name: str) -> bytes:
        """The whole content of a file."""

    def open(self, name: str) -> ReadFile:
        """Opens a file to read ranges of it; they can be read also when it is removed meanwhile."""

    def map(self, name: str) -> memoryview:
        """A file's content, mapped for as long as the view lives, also when the file is removed meanwhile."""

    def size(self, name: str) -> int:
        """Bytes of a file."""

    def exists(self, name: str) -> bool:
        """Whether there is a file or directory of this name."""

    def files(self, name: str) -> list[str]:
        """Names of all files in the directory `name` and below it, sorted; none when there is no such directory."""

    def sizes(self, name: str) -> dict[str, int]:
        """The bytes of each of these files, by name."""

    def rename(self, old: str, new: str) -> None:
        """Gives a file another name, taking the place of the file that had it."""

    def remove(self, name: str) -> None:
        """Removes a file."""

    def sync(self, name: str) -> None:
        """Makes the content of an existing file durable, whoever wrote it."""

    def sync_directory(self, name: str) -> None:
        """Makes the names in a directory durable; the data directory itself is the empty name."""

    def lock(self, name: str) -> Held:
        """Takes a file's lock and writes our pid into it; raises DirectoryLockedError when another holder lives."""

    def is_locked(self, name: str) -> bool:
        """Whether somebody holds the lock of a file."""

    def space(self) -> Space:
        """The space of the disk that the directory is on."""

    def connect(self, name: str, *, read_only: bool = False, is_at_rest: bool = False) -> sqlite3.Connection:
        """Opens a SQLite database, which does its own reading, writing and syncing.

        With `is_at_rest`, which is for reading only, it makes no files beside it, and must not change meanwhile.
        """


@contextlib.contextmanager
def _refusals(action: str, path: object) -> Iterator[None]:
    """Turns what the operating system refuses into errors of ours, with what to do about it."""
    try:
        yield
    except FileNotFoundError as error:
        raise MissingFileError(f"cannot {action} {path}: it is not there") from error
    except OSError as error:
        if error.errno in _DAMAGED:
            raise UnreadableError(f"cannot {action} {path}: {error.strerror}", "check the disk") from error
        hint = _HINTS.get(error.errno or 0, "")
        raise StorageError(f"cannot {action} {path}: {error.strerror or error}", hint) from error


class _PosixFile:
    """A new file, with errors of ours."""

    def __init__(self, path: Path, make: type[CachedFile]) -> None:
        self._path = path
        with _refusals("create", path):
            self._file = make(path)

    def append(self, buffers: Sequence[Buffer]) -> None:
        with _refusals("write", self._path):
            self._file.append(buffers)

    def sync(self) -> None:
        with _refusals("sync", self._path):
            os.fsync(self._file.descriptor)

    def close(self) -> None:
        with _refusals("close", self._path):
            self._file.close()


class _PosixReadFile:
    """An open file descriptor that is only read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        with _refusals("open", path):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self.size = os.fstat(self._descriptor).st_size

    def read_at(self, offset: int, size: int) -> bytes:
        """Reads until it has all of them: one call may give fewer, and on Linux never more than 2 GiB."""
        with _refusals("read", self._path):
            first = os.pread(self._descriptor, size, offset)
            if not first or len(first) == size:
                return first
            pieces = [first]
            while (have := sum(map(len, pieces))) < size:
                piece = os.pread(self._descriptor, size - have, offset + have)
                if not piece:
                    break
                pieces.append(piece)
            return b"".join(pieces)

    def close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


class _PosixLock:
    """A file descriptor that holds an flock."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


class PosixDirectory:
    """A directory of a local file system.

    Args:
        root: the data directory.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(root).absolute()
        self._text = str(self._root)

    def make_root(self) -> None:
        """Makes the data directory, and the directories above it."""
        missing = [path for path in (self._root, *self._root.parents) if not path.exists()]
        for path in reversed(missing):
            with _refusals("make directory", path):
                path.mkdir(mode=0o750, exist_ok=True)
            self._sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)

    def path(self, name: str) -> str:
        """The absolute path of `name`."""
        return f"{self._text}/{name}" if name else self._text

    def make(self, name: str) -> None:
        """Makes a directory."""
        with _refusals("make directory", self._root / name):
            (self._root / name).mkdir(mode=0o750, exist_ok=True)

    def create(self, name: str, *, is_reread: bool = True) -> AppendFile:
        """Begins a new file (O_EXCL), opened to append."""
        return _PosixFile(self._root / name, CachedFile if is_reread else UncachedFile)

    def read(self, name: str) -> bytes:
        """The whole content of a file."""
        with _refusals("read", self._root / name):
            return (self._root / name).read_bytes()

    def open(self, name: str) -> ReadFile:
        """Opens a file to read ranges of it."""
        return _PosixReadFile(self._root / name)

    def map(self, name: str) -> memoryview:
        """A file's content, mapped."""
        with _refusals("map", self._root / name), (self._root / name).open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def size(self, name: str) -> int:
        """Bytes of a file."""
        with _refusals("look at", self._root / name):
            return (self._root / name).stat().st_size

    def exists(self, name: str) -> bool:
        """Whether the name is taken."""
        return (self._root / name).exists()

    def files(self, name: str) -> list[str]:
        """All files in a directory and below it, sorted."""
        with _refusals("list", self._root / name):
            return sorted(found for found, _ in self._walk(name))

    def sizes(self, name: str) -> dict[str, int]:
        """All files in a directory and below it, with a stat of each."""
        with _refusals("list", self._root / name):
            return {found: entry.stat().st_size for found, entry in self._walk(name)}

    def _walk(self, name: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
        # Not by pathlib, which takes ten times as long, at each start.
        try:
            entries = os.scandir(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        with entries:
            for entry in entries:
                below = f"{name}/{entry.name}" if name else entry.name
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(below)
                elif entry.is_file():
                    yield below, entry

    def rename(self, old: str, new: str) -> None:
        """Renames a file over the one that had the name."""
        with _refusals("rename", self._root / old):
            (self._root / old).replace(self._root / new)

    def remove(self, name: str) -> None:
        """Unlinks a file."""
        with _refusals("remove", self._root / name):
            (self._root / name).unlink()

    def sync(self, name: str) -> None:
        """Syncs a file; its pages may have been dirtied by any process."""
        self._sync(self._root / name, os.O_RDONLY)

    def sync_directory(self, name: str) -> None:
        """Syncs a directory."""
        self._sync(self._root / name, os.O_RDONLY | os.O_DIRECTORY)

    @staticmethod
    def _sync(path: Path, flags: int) -> None:
        with _refusals("sync", path):
            descriptor = os.open(path, flags | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def lock(self, name: str) -> Held:
        """Takes an flock, which the kernel releases when this process ends."""
        path = self._root / name
        with _refusals("open", path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            _take_lock(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        return _PosixLock(descriptor)

    def is_locked(self, name: str) -> bool:
        """Whether somebody holds the file's flock."""
        path = self._root / name
        with _refusals("open", path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # A shared lock suffices to ask, and does not get in the way of others who ask.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def space(self) -> Space:
        """What statvfs says; blocks that only root may use are not ours."""
        with _refusals("look at the disk of", self._root):
            found = os.statvfs(self._root)
        return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    def connect(self, name: str, *, read_only: bool = False, is_at_rest: bool = False) -> sqlite3.Connection:
        """Opens a SQLite database; transactions are begun and ended by hand."""
        mode = "ro&immutable=1" if is_at_rest else "ro" if read_only else "rwc"
        return sqlite3.connect(
            f"{(self._root / name).as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
        )


def _take_lock(descriptor: int, path: Path) -> None:
    """Locks an open file and writes our pid into it.

    The file stays when the lock is released: removing it would let two owners lock two files of one name.
    """
    with _refusals("lock", path):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(descriptor, 20, 0).strip()
            raise DirectoryLockedError(str(path.parent), int(pid) if pid.isdigit() else 0) from None
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            # The pid is for people. On a full disk a directory can be read, verified and backed up all the same.
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
