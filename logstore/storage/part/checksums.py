"""Checksums of a part: CRC-32C of each block of its file, whatever lies in the block. Pure. The docs draw the format.

Blocks, and not row groups or columns: they are summed as the file is written, before its footer tells where anything
is, and a reader of one column of a wide part checks hardly more than it reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from crc32c import crc32c

from logstore.errors import CorruptionError

VERSION = 1

BLOCK_BITS = 16
"""Blocks of 64 KiB. Larger ones make readers of small columns check more than they read, smaller ones take more room:
these take 6 MB for 100 GB of parts."""

_HEADER = struct.Struct("<BBxxQ")  # version, block bits, bytes of the file; then a u32 for each block

Buffer = bytes | memoryview


class Summing:
    """Sums up a file as it is written, in one pass over its bytes."""

    def __init__(self) -> None:
        self._full: list[int] = []
        self._open = 0
        self._size = 0

    def through(self, stretches: Iterable[Sequence[Buffer]]) -> Iterator[Sequence[Buffer]]:
        """The same bytes, which are added on their way."""
        for stretch in stretches:
            for piece in stretch:
                self.add(piece)
            yield stretch

    def add(self, piece: Buffer) -> None:
        """The file goes on with these bytes."""
        view = memoryview(piece).cast("B")
        start, block = 0, 1 << BLOCK_BITS
        while start < len(view):
            end = min(len(view), start + block - self._size % block)
            self._open = crc32c(view[start:end], self._open)
            self._size += end - start
            start = end
            if self._size % block == 0:
                self._full.append(self._open)
                self._open = 0

    def packed(self) -> bytes:
        """The checksums of everything so far."""
        sums = [*self._full, self._open] if self._size % (1 << BLOCK_BITS) else self._full
        return _HEADER.pack(VERSION, BLOCK_BITS, self._size) + np.array(sums, "<u4").tobytes()


class Checksums:
    """The checksums of a part's file.

    Args:
        packed: as they were packed.
        path: of the part; goes into errors.

    Attributes:
        size: bytes of the file.
        block_bytes: bytes of a block; the last one may be shorter.

    Raises:
        CorruptionError: these are none, or of a newer version.
    """

    def __init__(self, packed: bytes, path: str) -> None:
        self._path = path
        if len(packed) < _HEADER.size:
            raise CorruptionError("the catalog has checksums of it that are cut short", path)
        version, bits, self.size = _HEADER.unpack_from(packed)
        if version != VERSION:
            raise CorruptionError(f"checksum version {version} is unknown, this is version {VERSION}", path)
        self.block_bytes = 1 << bits
        self._sums = np.frombuffer(packed, "<u4", offset=_HEADER.size)
        if len(self._sums) != -(-self.size // self.block_bytes):
            raise CorruptionError("the catalog has checksums of it that do not fit to its size", path)

    def __len__(self) -> int:
        """The number of blocks."""
        return len(self._sums)

    def blocks(self, start: int, end: int) -> range:
        """The blocks that hold some of the bytes [start, end) of the file."""
        return range(start // self.block_bytes, -(-min(end, self.size) // self.block_bytes))

    def check(self, first: int, content: Buffer) -> None:
        """Checks bytes of the file: whole blocks, from block `first` on.

        Raises:
            CorruptionError: a block is not what was written; with the offset of the block.
        """
        view = memoryview(content)
        for place, start in enumerate(range(0, len(view), self.block_bytes), first):
            if crc32c(view[start : start + self.block_bytes]) != self._sums[place]:
                end = min(self.size, (place + 1) * self.block_bytes)
                message = f"the bytes up to {end:,} are not those that were written"
                raise CorruptionError(message, self._path, place * self.block_bytes)
