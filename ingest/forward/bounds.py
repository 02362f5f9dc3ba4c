"""How many events a payload can hold at most, without decoding it."""

from __future__ import annotations

from typing import Final

from logstore.model.chunk import Compression

# Deflate cannot do better than this: 258 bytes for two bits, less headers (zlib's technical details).
_MOST_INFLATION: Final = 1032


def packed_bound(length: int, compression: Compression, max_inflated_bytes: int) -> int:
    """Bound for `length` bytes of packed entries that inflate to at most `max_inflated_bytes`; at least 1.

    A byte each: malformed values take a place too, so that good entries behind many of them still have theirs.
    """
    inflated = {
        Compression.NONE: length,
        Compression.GZIP: min(length * _MOST_INFLATION, max_inflated_bytes),
        Compression.ZSTD: max_inflated_bytes,
        Compression.UNKNOWN: 0,
    }[compression]
    return inflated + 1
