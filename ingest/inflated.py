"""How many bytes compressed bytes can become at most, without inflating them.

It is told of what an honest compressor wrote; what is damaged counts as much as anything may inflate to.
"""

from __future__ import annotations

import struct
from typing import Final

from logstore.model.chunk import Compression

# Deflate cannot do better than this: 258 bytes for two bits, less headers (zlib's technical details).
_MOST_DEFLATED: Final = 1032

# RFC 8878: a block becomes 128 KiB at most.
_MOST_BLOCK_BYTES: Final = 128 * 1024
_FRAME_MAGIC: Final = 0xFD2FB528
_SKIPPED_MAGIC: Final = 0x184D2A5
_RAW, _REPEATED, _COMPRESSED = range(3)
_BYTES_OF_DICTIONARY: Final = (0, 1, 2, 4)
_BYTES_OF_SIZE: Final = (0, 2, 4, 8)
_CHECKSUM_BYTES: Final = 4

# Compressors fill their blocks; a body with more of them (8 GiB) is left to the limit. It bounds the time of the walk.
_MOST_BLOCKS: Final = 65_536


def most_inflated(payload: bytes, compression: Compression, max_bytes: int) -> int:
    """Bound for what `payload` inflates to, which is never more than `max_bytes`."""
    if compression is Compression.NONE:
        return len(payload)
    if compression is Compression.GZIP:
        return min(len(payload) * _MOST_DEFLATED, max_bytes)
    try:
        return min(_most_of_frames(payload), max_bytes)
    except (IndexError, ValueError, struct.error):
        return max_bytes


def _most_of_frames(payload: bytes) -> int:
    """What the zstd frames of `payload` become at most, by the number and kinds of their blocks."""
    total = pos = blocks = 0
    while pos < len(payload):
        (magic,) = struct.unpack_from("<I", payload, pos)
        if magic >> 4 == _SKIPPED_MAGIC:
            (size,) = struct.unpack_from("<I", payload, pos + 4)
            pos += 8 + size
            continue
        if magic != _FRAME_MAGIC:
            raise ValueError("not a zstd frame")
        pos, has_checksum = _blocks_of_frame(payload, pos + 4)
        is_last = False
        while not is_last:
            head = int.from_bytes(payload[pos : pos + 3], "little")
            is_last, kind, size = bool(head & 1), head >> 1 & 3, head >> 3
            blocks += 1
            if pos + 3 > len(payload) or kind > _COMPRESSED or blocks > _MOST_BLOCKS:
                raise ValueError("not a zstd block, or too many")
            pos += 3 + (1 if kind == _REPEATED else size)
            total += _MOST_BLOCK_BYTES if kind == _COMPRESSED else size
        pos += _CHECKSUM_BYTES * has_checksum
    return total


def _blocks_of_frame(payload: bytes, pos: int) -> tuple[int, bool]:
    """Where the blocks of the frame start whose descriptor is at `pos`, and whether a checksum follows them."""
    descriptor = payload[pos]
    is_single = bool(descriptor & 0x20)
    size_bytes = _BYTES_OF_SIZE[descriptor >> 6] or is_single
    return pos + 1 + (not is_single) + _BYTES_OF_DICTIONARY[descriptor & 3] + size_bytes, bool(descriptor & 4)
