"""An object store in memory that fails on purpose. It outlives the servers that use it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from enum import Enum

from logstore.errors import StorageError
from logstore.storage.directory import Buffer
from logstore.storage.remote.objects import MissingObjectError, ObjectInfo


class ObjectFault(Enum):
    """How the chosen call fails."""

    BEFORE = "before"
    """Nothing of it happens."""
    AFTER = "after"
    """It happens, and fails all the same."""
    WRONG = "wrong"
    """What is put or read is other bytes, and nobody says so."""
    DOWN = "down"
    """It and every later call fail, until the store is mended."""


class FaultyObjects:
    """See the module. Counts its calls; the one with number `fail_at` (from 1) fails as `fault` says.

    Args:
        has_md5: whether it tells MD5s as S3 mostly does, or other texts as it sometimes does.
    """

    def __init__(self, *, has_md5: bool = True) -> None:
        self.contents: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.url = "memory://store"
        self._has_md5 = has_md5
        self._fail_at = 0
        self._fault = ObjectFault.BEFORE
        self._is_down = False
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        """The URL."""
        return self.url

    def fail_later(self, calls: int, fault: ObjectFault) -> None:
        """Lets the call fail that comes after so many others."""
        with self._lock:
            self._fail_at = len(self.calls) + calls + 1
            self._fault = fault

    def go_down(self) -> None:
        """Every call fails from now on."""
        self._is_down = True

    def mend(self) -> None:
        """No call fails any more."""
        with self._lock:
            self._is_down = False
            self._fail_at = 0

    def spoil(self, name: str) -> None:
        """Changes the last byte of an object."""
        self.contents[name] = _spoilt(self.contents[name])

    def put(self, name: str, pieces: Iterable[Buffer], size: int) -> None:
        """Counted."""
        content = b"".join(pieces)
        assert len(content) == size
        with self._step(f"put {name}") as fault:
            self.contents[name] = _spoilt(content) if fault is ObjectFault.WRONG else content

    def put_new(self, name: str, content: bytes) -> bool:
        """Counted."""
        with self._step(f"put_new {name}"):
            return self.contents.setdefault(name, content) is content

    def get(self, name: str) -> bytes:
        """Counted."""
        with self._step(f"get {name}"):
            return self._content(name)

    def get_range(self, name: str, start: int, end: int) -> bytes:
        """Counted."""
        with self._step(f"get_range {name}") as fault:
            content = self._content(name)[start:end]
            return _spoilt(content) if fault is ObjectFault.WRONG else content

    def head(self, name: str) -> ObjectInfo:
        """Counted."""
        with self._step(f"head {name}"):
            return self._info(name)

    def list(self, folder: str) -> Iterator[ObjectInfo]:
        """Counted."""
        with self._step(f"list {folder}"):
            found = [self._info(name) for name in sorted(self.contents) if name.startswith(folder)]
        yield from found

    def delete(self, name: str) -> None:
        """Counted."""
        with self._step(f"delete {name}"):
            self.contents.pop(name, None)

    def _content(self, name: str) -> bytes:
        if name not in self.contents:
            raise MissingObjectError(f"{name} is not there")
        return self.contents[name]

    def _info(self, name: str) -> ObjectInfo:
        content = self._content(name)
        digest = hashlib.md5(content, usedforsecurity=False) if self._has_md5 else hashlib.sha256(content)
        return ObjectInfo(name, len(content), f'"{digest.hexdigest()}"', 0)

    def _step(self, call: str) -> _Step:
        with self._lock:
            self.calls.append(call)
            fails = len(self.calls) == self._fail_at
            if fails and self._fault is ObjectFault.DOWN:
                self._is_down = True
            if self._is_down or (fails and self._fault is ObjectFault.BEFORE):
                raise StorageError(f"made to fail: {call}")
        return _Step(call, self._fault if fails else None)


class _Step:
    """A call that happens; it fails at its end when it is to."""

    def __init__(self, call: str, fault: ObjectFault | None) -> None:
        self._call, self._fault = call, fault

    def __enter__(self) -> ObjectFault | None:
        return self._fault

    def __exit__(self, *_: object) -> None:
        if self._fault is ObjectFault.AFTER:
            raise StorageError(f"made to fail after it happened: {self._call}")


def _spoilt(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 0x40]) if content else content
