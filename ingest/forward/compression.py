"""Which compression a packed payload has: what the option names, else what its first bytes show.

Real senders forget to name it. An entry stream starts with an array (9x, dc, dd), so the magic numbers are unambiguous.
"""

from __future__ import annotations

from typing import Final

from logstore.model.chunk import Compression

_NAMES: Final = {
    b"": Compression.NONE,
    b"text": Compression.NONE,
    b"gzip": Compression.GZIP,
    b"zstd": Compression.ZSTD,
}
_MAGIC: Final = {b"\x1f\x8b": Compression.GZIP, b"\x28\xb5\x2f\xfd": Compression.ZSTD}


def named(name: bytes) -> Compression:
    """The compression that an option names, letter by letter: `GZIP` is as unknown as `lz4`."""
    return _NAMES.get(name, Compression.UNKNOWN)


def sniffed(payload: bytes) -> Compression:
    """The compression that the payload's first bytes show."""
    return next((found for magic, found in _MAGIC.items() if payload.startswith(magic)), Compression.NONE)
