"""What a connection reports: frozen values, one per thing that happened on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ingest.forward.handshake import Accepted, Rejected
from logstore.model.chunk import Compression, Mode


@dataclass(frozen=True, slots=True)
class ChunkReceived:
    """A chunk, or a run of single messages without an id that arrived together.

    Attributes:
        mode, payload, compression, rows_bound, chunk_id, options, ordinal: as in `logstore.model.chunk.Chunk`.
        tag: the tag's bytes; empty for a run of messages without an id, whose tags stand in the payload.
        reply: bytes that acknowledge it; empty when no ack was asked for.
        messages: how many protocol messages it holds.
        notes: oddities that were put up with, each a short fixed phrase, once per occurrence.
        unknown: name of the compression that is not known, shortened and safe to log; empty otherwise.
    """

    mode: Mode
    payload: bytes
    rows_bound: int
    ordinal: int
    compression: Compression = Compression.NONE
    tag: bytes = b""
    chunk_id: bytes | None = None
    reply: bytes = b""
    options: bytes = b""
    messages: int = 1
    notes: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Discarded:
    """A message that is well formed but holds nothing that could be stored: acknowledged, counted and dropped.

    `reason` is a short fixed phrase; `reply` as in `ChunkReceived`.
    """

    reason: str
    reply: bytes = b""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A message that says only that the sender lives (`nil`, or `["", []]`)."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """The stream cannot be read further; nothing is acknowledged any more, and the connection should be closed.

    `reason` is a short fixed phrase, `detail` what was found, shortened; either is safe to log.
    """

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionClosed:
    """The sender is done sending. `discarded_bytes` of an unfinished message were thrown away."""

    discarded_bytes: int = 0


class NeedData(Enum):
    """The type of `NEED_DATA`."""

    NEED_DATA = "NEED_DATA"


NEED_DATA = NeedData.NEED_DATA
"""Nothing more can be reported before more bytes arrive."""

Event = Accepted | Rejected | ChunkReceived | Discarded | Heartbeat | Malformed | ConnectionClosed
