"""Where chunks go: the interface that intake needs of a store, and nothing more of it."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from logstore.model.chunk import Chunk
from logstore.model.outcome import ChunkOutcome


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a stored chunk came from: the number of its connection, and its ordinal there."""

    connection: int
    ordinal: int


class Sink(Protocol):
    """A place that makes chunks durable. Used from one event loop only."""

    def append(self, chunk: Chunk) -> Awaitable[ChunkOutcome | None]:
        """Takes a chunk now; the result completes when it is durable, or decoded too: then with what became of it.

        Must keep the order of calls. Must not block. The awaitable raises `logstore.errors.StorageError` when the chunk
        was not stored; it must never be acked then.
        """

    def origin(self, key: bytes) -> Origin | None:
        """Where the stored chunk with this key (see `chunk_key`) came from, of several the newest; None when unknown.

        Several chunks share a key where ids are made of content. Must not block for longer than a look into a file.
        """

    def copied(self, chunk: Chunk, key: bytes) -> None:
        """A copy of the stored chunk with this key came and is not appended: for the books. Must not block."""

    def has_room(self) -> bool:
        """Whether more bytes may be read from senders now."""

    async def room(self) -> None:
        """Returns once `has_room()`."""
