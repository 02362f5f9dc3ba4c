"""Pages of files that lie about what they hold."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest
import zstandard

from query.taking.sealed import _decompressed

_PLAIN, _SNAPPY, _ZSTD = 0, 1, 6
_FRAME_OF = b"\x28\xb5\x2f\xfd\xe0"
"""How a frame of zstd begins that says in eight bytes what it holds."""


def _zstd(content: bytes, *, tells: bool) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=tells).compress(content)


@pytest.mark.parametrize(
    ("codec", "stored"),
    [
        (_PLAIN, b"a" * 1000),
        (_SNAPPY, pa.compress(b"a" * 1000, codec="snappy", asbytes=True)),
        (_ZSTD, _zstd(b"a" * 1000, tells=True)),
        (_ZSTD, _zstd(b"a" * 1000, tells=False)),
    ],
    ids=["none", "snappy", "zstd", "zstd without size"],
)
def test_a_page_is_as_large_as_it_is_said_to_be(codec: int, stored: bytes) -> None:
    """By the header of the page, whatever the codec."""
    assert _decompressed(codec, memoryview(stored), 1000) == b"a" * 1000
    for full in (0, 999, 1001):
        with pytest.raises((ValueError, OSError, zstandard.ZstdError)):
            _decompressed(codec, memoryview(stored), full)


def test_no_memory_is_taken_for_what_a_frame_claims() -> None:
    """A petabyte, of a few bytes."""
    with pytest.raises(ValueError, match="another size"):
        _decompressed(_ZSTD, _FRAME_OF + struct.pack("<Q", 1 << 50) + b"\x01\x00\x00", 1000)
