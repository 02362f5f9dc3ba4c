"""What is known of a chunk in quarantine without looking into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logstore.model.chunk import Compression, Mode

ITEM_BYTES = 1024
"""What a chunk counts besides its payload: its row in the catalog, its head in the file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed chunk lies: bytes [offset, offset + size) of a file, and the generation that it came with."""

    file: str
    offset: int
    size: int
    generation: int


@dataclass(frozen=True, slots=True)
class QuarantineItem:
    """A chunk in quarantine.

    Attributes:
        seq: its first sequence number, which is its id here.
        received_ns: when it was received.
        tag, listener, sender, mode, compression, chunk_id: as in `Chunk`.
        payload_bytes: as received.
        rows: events of it that are stored.
        reasons: events that are not, by reason.
        place: where it lies; None while it is not sealed.
    """

    seq: int
    received_ns: int
    tag: str
    listener: str
    sender: str
    mode: Mode
    compression: Compression
    chunk_id: bytes | None
    payload_bytes: int
    rows: int
    reasons: Mapping[str, int]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class QuarantineFile:
    """A file of the quarantine.

    Attributes:
        name: its name in the data directory.
        generation: the generation that its chunks came with.
        chunks, bytes: how many they are; size of the file.
        sealed_ns: when they were sealed.
    """

    name: str
    generation: int
    chunks: int
    bytes: int
    sealed_ns: int
