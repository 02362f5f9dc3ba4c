"""Chunks as Fluentd sends them: packed entries with an id to acknowledge."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from dataclasses import dataclass

import msgpack


@dataclass(frozen=True, slots=True)
class OutgoingChunk:
    """A chunk on its way: the value that its acknowledgement repeats, the whole message, and what it holds."""

    chunk_id: bytes
    message: bytes
    events: int


def make_chunk(tag: str, entries: bytes, events: int, random_bytes: bytes, *, compress: bool = False) -> OutgoingChunk:
    """A PackedForward message.

    Args:
        tag: tag of all its events.
        entries: concatenated `[time, record]` entries.
        events: how many.
        random_bytes: 16 bytes that make the id, as Fluentd does: base64 with a line feed, 25 characters.
        compress: whether to send the entries as gzip.
    """
    chunk_id = base64.b64encode(random_bytes) + b"\n"
    options: dict[str, object] = {
        "size": events,
        "compressed": "gzip" if compress else "text",
        "chunk": chunk_id.decode(),
    }
    payload = gzip.compress(entries, compresslevel=1) if compress else entries
    return OutgoingChunk(chunk_id, msgpack.packb([tag, payload, options]), events)


class Batcher:
    """Gathers entries until they are worth a chunk.

    Args:
        tag: tag of all events.
        random_bytes: source of randomness, `os.urandom` for one.
        max_bytes: entries beyond this make a chunk. Larger chunks cost the sender more to repeat; smaller ones cost the
            server a disk sync each.
    """

    def __init__(self, tag: str, random_bytes: Callable[[int], bytes], max_bytes: int = 512 * 1024) -> None:
        self._tag = tag
        self._random_bytes = random_bytes
        self._max_bytes = max_bytes
        self._entries: list[bytes] = []
        self._size = 0

    def add(self, entry: bytes) -> OutgoingChunk | None:
        """Takes an entry; returns a chunk when one is full."""
        self._entries.append(entry)
        self._size += len(entry)
        return self.flush() if self._size >= self._max_bytes else None

    def flush(self) -> OutgoingChunk | None:
        """What has been gathered, if anything."""
        if not self._entries:
            return None
        chunk = make_chunk(self._tag, b"".join(self._entries), len(self._entries), self._random_bytes(16))
        self._entries, self._size = [], 0
        return chunk
