"""Undoing the compression of a chunk, member by member, never past a limit.

Fluentd concatenates a gzip member (or zstd frame) per append, so thousands of tiny members are normal. Whatever is
wrong with the bytes, garbage after the last member included, rejects the chunk: half of it must not be stored as if it
were all.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO

import zstandard

from ingest.decode.reasons import (
    COMPRESSED_CORRUPT,
    COMPRESSED_TOO_LARGE,
    COMPRESSED_TRUNCATED,
    COMPRESSION_UNKNOWN,
    RejectedError,
)
from logstore.model.chunk import Compression

# Input is handed over in slices, for what is left of one when a member ends is copied: many small members would cost
# the square of their number. Each call also gives the GIL away and has to wait for it, so the slices of a long member
# grow.
_FIRST_SLICE_BYTES = 4 * 2**10
_LAST_SLICE_BYTES = 256 * 2**10

# zlib gives no more than this in a call. Larger is no faster.
_PIECE_BYTES = 2**20

# zlib's code for "gzip header and trailer, largest window".
_GZIP_WINDOW = 31

# zstd's library gives all that is in a slice in one call: 64 MiB at worst, blocks of one repeated byte.
_ZSTD_SLICE_BYTES = 2048

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
    inflate_member = _MEMBERS[compression]
    # Hands its bytes out without a copy of them.
    out = BytesIO()
    offset = 0
    try:
        while offset < len(payload):
            offset = inflate_member(payload, offset, out, max_bytes)
        return out.getvalue()
    except (zlib.error, zstandard.ZstdError, MemoryError) as error:
        raise RejectedError(COMPRESSED_CORRUPT) from error


def _inflate_gzip(payload: bytes, offset: int, out: BytesIO, max_bytes: int) -> int:
    """Inflates the member at `offset`, and returns where it ends. Stops one byte past the limit."""
    member = zlib.decompressobj(_GZIP_WINDOW)
    slice_bytes = _FIRST_SLICE_BYTES
    while not member.eof:
        piece = payload[offset : offset + slice_bytes]
        room = min(_PIECE_BYTES, max_bytes - out.tell() + 1)
        found = out.write(member.decompress(piece, room))
        # At the end of a member both may name the bytes behind it, so only one of them counts.
        offset += len(piece) - len(member.unused_data or member.unconsumed_tail)
        _check_size(out, max_bytes)
        # Where the room was used up there may be more to come without any more input.
        if offset >= len(payload) and found < room and not member.eof:
            raise RejectedError(COMPRESSED_TRUNCATED)
        slice_bytes = min(2 * slice_bytes, _LAST_SLICE_BYTES)
    return offset


def _inflate_zstd(payload: bytes, offset: int, out: BytesIO, max_bytes: int) -> int:
    """As `_inflate_gzip`, for a frame. Stops within a slice past the limit."""
    frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_MAX_WINDOW_BYTES).decompressobj()
    while not frame.eof:
        if offset >= len(payload):
            raise RejectedError(COMPRESSED_TRUNCATED)
        piece = payload[offset : offset + _ZSTD_SLICE_BYTES]
        out.write(frame.decompress(piece))
        offset += len(piece) - len(frame.unused_data)
        _check_size(out, max_bytes)
    return offset


def _check_size(out: BytesIO, max_bytes: int) -> None:
    if out.tell() > max_bytes:
        raise RejectedError(COMPRESSED_TOO_LARGE)


_MEMBERS: dict[Compression, Callable[[bytes, int, BytesIO, int], int]] = {
    Compression.GZIP: _inflate_gzip,
    Compression.ZSTD: _inflate_zstd,
}
