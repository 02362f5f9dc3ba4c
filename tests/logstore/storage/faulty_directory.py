"""A directory that fails on purpose, and that loses what was never synced when the machine crashes.

It keeps real files, so that SQLite, pyarrow and mmap can read them, and beside them a model of what is durable:

* A file's content is durable up to its last sync. Of the bytes behind that, a crash keeps a random prefix.
* A name is durable once the directory that holds it was synced. At a crash each directory falls back, at random, to
  its durable names or to its latest ones: file systems promise neither.
* SQLite does its own syncing, so its commits are atomic steps here that fail before or after they take effect; its
  file is left alone by a crash.

Stricter than a real disk: after a failed sync nothing more of that file ever becomes durable.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any

from logstore.errors import StorageError
from logstore.storage.append_file import Buffer
from logstore.storage.directory import AppendFile, Held, PosixDirectory, ReadFile, Space


class Fault(Enum):
    """How the chosen call fails."""

    BEFORE = "before"
    """Nothing of it happens."""
    AFTER = "after"
    """It happens, and fails all the same."""
    SHORT = "short"
    """A write leaves a random prefix behind; other calls fail as BEFORE."""
    CRASH = "crash"
    """It and every later call fail: the power went."""


@dataclass(eq=False)
class _Inode:
    """A file's content, and how much of it is durable."""

    data: bytearray = field(default_factory=bytearray)
    synced: int = 0
    is_broken: bool = False


@dataclass
class _Names:
    """What is in folders, by folder: the files, and the names of the folders in it."""

    files: dict[str, dict[str, _Inode]] = field(default_factory=dict)
    folders: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path) -> _Names:
        """What is in a directory, all of it durable; without a catalog."""
        found, start = cls(), len(str(root)) + 1
        for path, folders, files in os.walk(root):
            folder = path[start:]
            found.folders[folder] = {posixpath.join(folder, name) for name in folders}
            for name in files:
                if not name.startswith("catalog.sqlite"):
                    data = bytearray(Path(path, name).read_bytes())
                    found.put(posixpath.join(folder, name), _Inode(data, len(data)))
        return found

    def copy(self) -> _Names:
        """The same names, of the same files."""
        return _Names(
            {folder: dict(files) for folder, files in self.files.items()},
            {folder: set(folders) for folder, folders in self.folders.items()},
        )

    def put(self, name: str, inode: _Inode) -> None:
        """Gives a file a name."""
        self.files.setdefault(posixpath.dirname(name), {})[name] = inode

    def take(self, name: str) -> _Inode | None:
        """Takes a name away; its file."""
        return self.files.get(posixpath.dirname(name), {}).pop(name, None)


class FaultyConnection(sqlite3.Connection):
    """A SQLite connection whose commits are steps of the directory."""

    directory: FaultyDirectory

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """Runs a statement; leaves out real syncs, which only cost time here."""
        return super().execute("PRAGMA synchronous = OFF" if sql.startswith("PRAGMA synchronous") else sql, *args)

    def commit(self) -> None:
        """Commits, unless this is the call that fails."""
        try:
            self.directory.step("commit", "", super().commit)
        except StorageError as error:
            raise sqlite3.OperationalError(str(error)) from error


class _FaultyFile:
    def __init__(self, directory: FaultyDirectory, name: str, file: AppendFile, inode: _Inode) -> None:
        self._directory, self._name, self._file, self._inode = directory, name, file, inode

    def append(self, buffers: Sequence[Buffer]) -> None:
        """Counted."""
        data = b"".join(buffers)

        def write(size: int = len(data)) -> None:
            self._file.append([data[:size]])
            self._inode.data += data[:size]

        self._directory.step("append", self._name, write, short=lambda: write(self._directory.random_below(len(data))))

    def sync(self) -> None:
        """Counted."""

        def sync() -> None:
            if not self._inode.is_broken:
                self._inode.synced = len(self._inode.data)

        def broken() -> None:
            self._inode.is_broken = True

        self._directory.step("sync", self._name, sync, short=broken)

    def close(self) -> None:
        """Not counted."""
        self._file.close()


class FaultyDirectory:
    """See the module. Counts its calls; the one with number `fail_at` (from 1) fails as `fault` says."""

    def __init__(self, root: Path, seed: int = 0, fail_at: int = 0, fault: Fault = Fault.BEFORE) -> None:
        self._root = root
        self._real = PosixDirectory(root)
        self._random = Random(seed)
        self._lock = threading.RLock()
        self._fail_at = fail_at
        self._fault = fault
        self._is_dead = False
        self.calls: list[str] = []
        self.disk = Space(1 << 40, 1 << 39)
        root.mkdir(exist_ok=True)
        self._latest = _Names.of(root)
        self._durable = self._latest.copy()

    @property
    def is_powered(self) -> bool:
        """Whether calls can succeed."""
        return not self._is_dead

    def step(self, kind: str, name: str, act: Any, short: Any = None) -> Any:
        """One call: counts it, and lets it happen or fail."""
        with self._lock:
            self.calls.append(f"{kind} {name}")
            fails = len(self.calls) == self._fail_at
            if fails and self._fault is Fault.CRASH:
                self._is_dead = True
            if self._is_dead:
                raise StorageError(f"the power is gone: {kind} {name}")
            if not fails:
                return act()
            if self._fault is Fault.AFTER:
                act()
            elif self._fault is Fault.SHORT and short is not None:
                short()
            raise StorageError(f"made to fail {self._fault.value}: {kind} {name}")

    def random_below(self, size: int) -> int:
        """A random number below `size`; 0 when that is 0."""
        return self._random.randrange(size) if size else 0

    def fail_later(self, calls: int, fault: Fault) -> None:
        """Lets the call fail that comes after so many others."""
        with self._lock:
            self._fail_at = len(self.calls) + calls + 1
            self._fault = fault

    def die(self) -> None:
        """From now on every call fails."""
        with self._lock:
            self._is_dead = True

    def revive(self) -> None:
        """The process was killed and starts again, without a power failure: what was written is still there."""
        with self._lock:
            self._is_dead = False

    def crash(self) -> FaultyDirectory:
        """Power off and on: the directory as it is found afterwards. Every user of this one must be closed by now."""
        self.die()
        files: dict[str, _Inode] = {}
        folders = [""]
        # A folder that is there after the crash is looked into; this list grows meanwhile.
        for folder in folders:
            chosen = self._latest if self._random.random() < 0.5 else self._durable
            files |= chosen.files.get(folder, {})
            folders += sorted(chosen.folders.get(folder, ()))
        self._rebuild(files, folders[1:])
        return FaultyDirectory(self._root, self._random.randrange(2**32))

    def _rebuild(self, files: dict[str, _Inode], folders: Sequence[str]) -> None:
        for path in self._root.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif not path.name.startswith("catalog.sqlite"):
                path.unlink()
        for folder in folders:
            (self._root / folder).mkdir()
        for name, inode in files.items():
            kept = inode.synced + self.random_below(len(inode.data) - inode.synced + 1)
            (self._root / name).write_bytes(inode.data[:kept])

    # The interface of a directory.

    def path(self, name: str) -> str:
        """Not counted."""
        return self._real.path(name)

    def make_root(self) -> None:
        """Counted; the root is there."""
        self.step("make_root", "", lambda: None)

    def make(self, name: str) -> None:
        """Counted."""

        def make() -> None:
            self._real.make(name)
            self._latest.folders.setdefault(posixpath.dirname(name), set()).add(name)

        self.step("make", name, make)

    def create(self, name: str, *, is_reread: bool = True) -> AppendFile:
        """Counted."""

        def create() -> AppendFile:
            file = self._real.create(name, is_reread=is_reread)
            inode = _Inode()
            self._latest.put(name, inode)
            return _FaultyFile(self, name, file, inode)

        return self.step("create", name, create)

    def read(self, name: str) -> bytes:
        """Counted."""
        return self.step("read", name, lambda: self._real.read(name))

    def open(self, name: str) -> ReadFile:
        """Counted; what is read then is not."""
        return self.step("open", name, lambda: self._real.open(name))

    def map(self, name: str) -> memoryview:
        """Counted."""
        return self.step("map", name, lambda: self._real.map(name))

    def size(self, name: str) -> int:
        """Counted."""
        return self.step("size", name, lambda: self._real.size(name))

    def exists(self, name: str) -> bool:
        """Not counted."""
        return self._real.exists(name)

    def files(self, name: str) -> list[str]:
        """Counted."""
        return self.step("files", name, lambda: self._real.files(name))

    def sizes(self, name: str) -> dict[str, int]:
        """Counted."""
        return self.step("sizes", name, lambda: self._real.sizes(name))

    def rename(self, old: str, new: str) -> None:
        """Counted."""

        def rename() -> None:
            self._real.rename(old, new)
            inode = self._latest.take(old)
            assert inode is not None
            self._latest.put(new, inode)

        self.step("rename", old, rename)

    def remove(self, name: str) -> None:
        """Counted."""

        def remove() -> None:
            self._real.remove(name)
            self._latest.take(name)

        self.step("remove", name, remove)

    def sync(self, name: str) -> None:
        """Counted."""

        def sync() -> None:
            inode = self._latest.files[posixpath.dirname(name)][name]
            if not inode.is_broken:
                inode.synced = len(inode.data)

        self.step("sync", name, sync)

    def sync_directory(self, name: str) -> None:
        """Counted."""

        def sync() -> None:
            self._durable.files[name] = dict(self._latest.files.get(name, {}))
            self._durable.folders[name] = set(self._latest.folders.get(name, ()))

        self.step("sync_directory", name, sync)

    def lock(self, name: str) -> Held:
        """Counted, and never taken when it fails."""
        # A lock that is taken and fails all the same would be nobody's to release.
        self.step("lock", name, lambda: None)
        return self._real.lock(name)

    def is_locked(self, name: str) -> bool:
        """Not counted."""
        return self._real.is_locked(name)

    def space(self) -> Space:
        """Not counted. There is always room, unless a test says otherwise."""
        return self.disk

    def connect(self, name: str, *, read_only: bool = False, is_at_rest: bool = False) -> sqlite3.Connection:
        """Counted; the connection's commits are too."""

        def connect() -> sqlite3.Connection:
            mode = "ro&immutable=1" if is_at_rest else "ro" if read_only else "rwc"
            uri = f"{(self._root / name).as_uri()}?mode={mode}"
            connection = sqlite3.connect(
                uri, uri=True, isolation_level=None, check_same_thread=False, factory=FaultyConnection
            )
            connection.directory = self
            return connection

        return self.step("connect", name, connect)
