"""What is asked of an object store: whole objects under names, and no more of it than every store has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from logstore.errors import StorageError
from logstore.storage.append_file import Buffer


class MissingObjectError(StorageError):
    """The object is not there."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a store tells of an object.

    Attributes:
        name: its name, below the store's prefix.
        bytes: its size.
        etag: what the store calls this content; on S3 often its MD5, in quotes. None when it tells none.
        modified_ns: when it was put, UTC nanoseconds, by the store's clock.
    """

    name: str
    bytes: int
    etag: str | None
    modified_ns: int


class Objects(Protocol):
    """Objects below a prefix of a store. Blocking; safe from several threads.

    An object is there whole or not at all. Every call may raise StorageError, after retries of its own and within a
    bounded time; what it was to do may have happened all the same.
    """

    @property
    def where(self) -> str:
        """The store and prefix, as operators know it."""

    def put(self, name: str, pieces: Iterable[Buffer], size: int) -> None:
        """Makes `name` an object of what `pieces` yield, `size` bytes in all, in the place of what had the name.

        What `pieces` raises comes out of it, and then there is no object.
        """

    def put_new(self, name: str, content: bytes) -> bool:
        """Puts a small object, unless there is one of this name; whether there was none."""

    def get(self, name: str) -> bytes:
        """The whole content of a small object; raises MissingObjectError when it is not there."""

    def get_range(self, name: str, start: int, end: int) -> bytes:
        """The bytes [start, end) of an object, all of them; raises MissingObjectError when it is not there."""

    def head(self, name: str) -> ObjectInfo:
        """What there is to tell of an object; raises MissingObjectError when it is not there."""

    def list(self, folder: str) -> Iterator[ObjectInfo]:
        """The objects below a folder, by name; "" is everything below the prefix."""

    def delete(self, name: str) -> None:
        """Removes an object; nothing happens when it is not there."""
