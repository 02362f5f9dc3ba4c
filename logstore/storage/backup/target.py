"""Where backups are kept: the interface that a directory, or an object store, stands behind.

Keys are relative, of ASCII, with `/` between their steps. What lies under a key is written once and whole, and never
changed; only `delete` takes it away. What a target refuses is raised as StorageError.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from logstore.storage.append_file import Buffer


class Target(Protocol):
    """A place for backups. Used by one thread at a time."""

    @property
    def where(self) -> str:
        """The place, as people name it: a path or a URL. Holds no secret."""

    def lock(self) -> AbstractContextManager[None]:
        """Keeps others from writing here for as long as the context is open.

        Two that write at a time could take from each other what both count on; readers need no lock.

        Raises:
            WorldError: somebody else holds it.
        """

    def put(self, key: str, pieces: Iterable[Buffer], size: int) -> None:
        """Stores what `pieces` yield, `size` bytes in all, in the place of what had the key.

        Durable on return. When it fails, or `pieces` raises, nobody ever sees a part of it under the key.
        """

    def make_durable(self, keys: Iterable[str]) -> None:
        """Makes what lies under these keys durable, whoever put it there: who did may have died before `put` returned.

        Called before anything counts on keys that were found here.
        """

    def get(self, key: str) -> Iterator[bytes]:
        """The content, in pieces of a few MiB.

        Raises:
            MissingFileError: nothing has the key.
        """

    def size(self, key: str) -> int | None:
        """Bytes under a key; None when nothing has it."""

    def list(self, prefix: str) -> Iterator[str]:
        """The keys below `prefix`, which ends with `/`, sorted; without what is unfinished."""

    def delete(self, key: str) -> None:
        """Takes a key away; nothing happens when nothing has it."""
