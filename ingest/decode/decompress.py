"""Undoing the compression of a chunk, member by member, never past a limit.

Fluentd concatenates a gzip member (or zstd frame) per append, so thousands of tiny members are normal. Whatever is
wrong with the bytes, garbage after the last member included, rejects the chunk: half of it must not be stored as if it
were all.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import zstandard

from ingest.decode.reasons import (
    COMPRESSED_CORRUPT,
    COMPRESSED_TOO_LARGE,
    COMPRESSED_TRUNCATED,
    COMPRESSION_UNKNOWN,
    RejectedError,
)
from logstore.model.chunk import Compression

# Input is handed over in slices of this size. It bounds what one call can inflate to (64 MiB at worst, zstd's blocks of
# one repeated byte) and the copy of unused input that ends a member, without which many small members cost the
# square of their number.
_SLICE_BYTES = 2048

# zlib's code for "gzip header and trailer, largest window".
_GZIP_WINDOW = 31

# What senders' libraries use at their highest levels; a frame that asks for more is hostile.
_ZSTD_MAX_WINDOW_BYTES = 8 * 2**20


def decompress(payload: bytes, compression: Compression, max_bytes: int) -> bytes:
    """The bytes of `payload` before compression; empty for empty.

    Raises:
        RejectedError: of an unknown kind, corrupt, truncated, followed by other bytes, or larger than `max_bytes`.
    """
    if compression is Compression.NONE:
        return payload
    if compression is Compression.UNKNOWN:
        raise RejectedError(COMPRESSION_UNKNOWN)
    try:
        return _inflate(payload, _MEMBERS[compression], max_bytes)
    except (zlib.error, zstandard.ZstdError, MemoryError) as error:
        raise RejectedError(COMPRESSED_CORRUPT) from error


def _inflate(payload: bytes, new_member: Callable[[], Any], max_bytes: int) -> bytes:
    pieces: list[bytes] = []
    size = offset = 0
    while offset < len(payload):
        member = new_member()
        while not member.eof:
            if offset >= len(payload):
                raise RejectedError(COMPRESSED_TRUNCATED)
            piece = payload[offset : offset + _SLICE_BYTES]
            pieces.append(member.decompress(piece))
            offset += len(piece) - len(member.unused_data)
            size += len(pieces[-1])
            if size > max_bytes:
                raise RejectedError(COMPRESSED_TOO_LARGE)
    return b"".join(pieces)


def _gzip_member() -> Any:
    return zlib.decompressobj(_GZIP_WINDOW)


def _zstd_member() -> Any:
    return zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW_BYTES).decompressobj()


_MEMBERS: dict[Compression, Callable[[], Any]] = {
    Compression.GZIP: _gzip_member,
    Compression.ZSTD: _zstd_member,
}
