"""A chunk: what one acknowledgement covers, with everything that decoding it will ever need.

A chunk goes through the write-ahead log byte for byte as it was received, so that replaying it after any restart or
change of settings yields the same rows. No object per event exists at this stage.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import blake2b

from crc32c import crc32c

DEFAULT_TENANT = "default"


class Mode(IntEnum):
    """How `Chunk.payload` is laid out. The numbers are on disk: never reuse one."""

    MESSAGES = 1
    """One or more whole Message-mode messages `[tag, time, record, option?]`, concatenated; each names its tag."""
    FORWARD = 2
    """One msgpack array of entries `[[time, record], ...]`."""
    PACKED = 3
    """Concatenated msgpack entries `[time, record]`, compressed as `Chunk.compression` says."""
    JSON = 4
    """JSON values following each other, or in arrays, each an event; compressed as `Chunk.compression` says."""
    RECORDS = 5
    """Concatenated msgpack values, each an event (a map, or an entry `[time, record]`), or one array of them;
    compressed as `Chunk.compression` says."""


class Compression(IntEnum):
    """How the payload of a PACKED, JSON or RECORDS chunk is compressed. The numbers are on disk: never reuse one."""

    NONE = 0
    GZIP = 1
    ZSTD = 2
    UNKNOWN = 3
    """The sender named one that we do not know; the name is in `Chunk.options`. Kept, for no retry could help."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One unit of intake, immutable.

    Attributes:
        mode: layout of `payload`.
        payload: bytes as received (still compressed).
        rows_bound: no decoding of `payload` can yield more events than this; at least 1. It reserves
            the sequence numbers.
        received_ns: when its last byte arrived, UTC nanoseconds.
        compression: only ever other than NONE for PACKED, JSON and RECORDS.
        wire_tag: the tag as the sender wrote it; empty for a run of MESSAGES, whose tags stand in the payload.
        tag: the tag under which the events are stored (decoded, rewritten); empty for a run of MESSAGES.
        tenant: always "default" until access control lands.
        listener: which of our listeners took it, e.g. "forward".
        peer: address of the sender, e.g. "127.0.0.1:51234".
        source_host: name of the sender's machine, as found when it connected; empty unless it was asked for.
        tag_rule: of MESSAGES only: what the tags in the payload become, a text in which U+0000 stands for the tag as
            sent; empty when they stay as they are.
        connection: number of the connection, unique over restarts of the server.
        ordinal: how many messages that connection had delivered before this chunk.
        chunk_id: the chunk id's bytes (the content of the str or bin), None when no ack was asked for.
        options: the option map as received, raw msgpack; empty when absent.
        repeat: True when the sender's id was seen before but this is known to be another chunk (content-derived ids).
        settings: id of the decode settings in force when it came in.
    """

    mode: Mode
    payload: bytes
    rows_bound: int
    received_ns: int
    compression: Compression = Compression.NONE
    wire_tag: bytes = b""
    tag: str = ""
    tenant: str = DEFAULT_TENANT
    listener: str = ""
    peer: str = ""
    connection: int = 0
    ordinal: int = 0
    chunk_id: bytes | None = None
    options: bytes = b""
    repeat: bool = False
    settings: int = 0
    source_host: str = ""
    tag_rule: str = ""
    _payload_crc: int = field(default=-1, init=False, repr=False, compare=False)

    @property
    def payload_crc(self) -> int:
        """CRC-32C of the payload."""
        # Computed once: the key under which a chunk is remembered and the log both need it.
        if self._payload_crc < 0:
            object.__setattr__(self, "_payload_crc", crc32c(self.payload))
        return self._payload_crc


def chunk_key(tenant: str, wire_tag: bytes, chunk_id: bytes, length: int, crc: int) -> bytes:
    """The 16 bytes under which a chunk is remembered.

    Covers tenant, wire tag and chunk id, with the payload's length and CRC-32C as guard, so that an id used again for
    other bytes is another chunk. Hashes these few bytes only, never the payload.
    """
    digest = blake2b(digest_size=16)
    for part in (tenant.encode(), wire_tag, chunk_id):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    digest.update(length.to_bytes(8, "big") + crc.to_bytes(4, "big"))
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """A chunk at its place in the write-ahead log.

    `seq` is the sequence number of its first possible event; event i of the chunk (malformed ones counted too) has
    `_seq = seq + i`. The next entry starts at `seq + chunk.rows_bound` or later. Given at append, never changed.
    """

    seq: int
    chunk: Chunk

    @property
    def end(self) -> int:
        """First sequence number after this entry."""
        return self.seq + self.chunk.rows_bound
