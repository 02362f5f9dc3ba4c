"""Backups in object storage."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import orjson

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.append_file import Buffer
from logstore.storage.directory import MissingFileError
from logstore.storage.remote.objects import MissingObjectError, Objects
from logstore.storage.remote.settings import MULTIPART_BYTES

LOCK = "lock"
_LOCK_S = 3600.0
"""A lock that was not renewed for so long is void: whoever held it died. Longer keeps others waiting after a crash;
shorter takes the lock from somebody who is copying one large file over a slow line."""
_RENEWAL_S = 300.0
"""A holder renews its lock so often, at most between two files."""


class ObjectTarget:
    """An object store as a target; see `Target`.

    Args:
        objects: the place.
        clock: tells how old a lock is; its owner and whoever finds it should agree on the hour.
        owner: who we are, for those who find the place locked.
    """

    def __init__(self, objects: Objects, clock: Clock, owner: str) -> None:
        self._objects = objects
        self._clock = clock
        self._owner = owner
        self._renewed_ns: int | None = None

    @property
    def where(self) -> str:
        """Its URL."""
        return self._objects.where

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Holds an object that only one can make; what a crash leaves of it is void after an hour."""
        content = self._lock_content()
        if not self._objects.put_new(LOCK, content):
            self._take_over()
        self._renewed_ns = self._clock.monotonic_ns()
        try:
            yield
        finally:
            self._renewed_ns = None
            self._objects.delete(LOCK)

    def put(self, key: str, pieces: Iterable[Buffer], size: int) -> None:
        """Puts an object, which is there when all of it is."""
        self._renew()
        self._objects.put(key, pieces, size)

    def make_durable(self, keys: Iterable[str]) -> None:
        """Nothing is to be done: what can be found in object storage is durable."""

    def get(self, key: str) -> Iterator[bytes]:
        """The content of an object."""
        size = self.size(key)
        if size is None:
            raise MissingFileError(f"cannot read {self.where}/{key}: it is not there")
        for start in range(0, size, MULTIPART_BYTES):
            yield self._objects.get_range(key, start, min(start + MULTIPART_BYTES, size))

    def size(self, key: str) -> int | None:
        """Bytes of an object."""
        try:
            return self._objects.head(key).bytes
        except MissingObjectError:
            return None

    def list(self, prefix: str) -> Iterator[str]:
        """The objects below a folder. What is unfinished is no object."""
        return (info.name for info in self._objects.list(prefix.rstrip("/")))

    def delete(self, key: str) -> None:
        """Removes an object."""
        self._objects.delete(key)

    def _lock_content(self) -> bytes:
        return orjson.dumps({"owner": self._owner, "time_ns": self._clock.now_ns()})

    def _take_over(self) -> None:
        """Takes a lock that is void.

        Raises:
            StorageError: it is not.
        """
        found = self._objects.get(LOCK)
        try:
            holder = orjson.loads(found)
            owner, time_ns = str(holder["owner"]), int(holder["time_ns"])
        except (ValueError, KeyError, TypeError):
            owner, time_ns = "somebody unknown", self._clock.now_ns()
        if self._clock.now_ns() - time_ns < _LOCK_S * NS_PER_SECOND:
            raise StorageError(
                f"a backup to {self.where} is being made or removed by {owner}",
                f"wait until it has ended; if it died, {self.where}/{LOCK} is void an hour after its last file",
            )
        self._objects.delete(LOCK)
        if not self._objects.put_new(LOCK, self._lock_content()):
            raise StorageError(f"somebody else has just begun a backup to {self.where}", "wait until it has ended")

    def _renew(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if self._renewed_ns is not None and now_ns - self._renewed_ns >= _RENEWAL_S * NS_PER_SECOND:
            content = self._lock_content()
            self._objects.put(LOCK, [content], len(content))
            self._renewed_ns = now_ns
