"""A file that grows by large appends, which go to the disk past the page cache.

What the log holds is read again at a restart only, and most of it is removed within a minute. In the page cache it
would take memory from what queries read, and time: pages are found, cleared, filled, written and thrown away.

Writing past the cache (O_DIRECT) takes whole blocks, from memory that is aligned to them. So an append is gathered
piece by piece in a scratch of ours, begun with the bytes of the file's last block if that is not full, and what is left
over at the end is written through the cache, as small appends are. Other bytes than before never come to stand where
some were appended. Where the file system does not know of this, everything goes through the cache.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from logstore.storage.append_file import Buffer, CachedFile

BLOCK_BYTES: Final = 4096
"""What offsets, sizes and addresses are multiples of; no disk in use has larger logical blocks."""

LEAST_BYTES: Final = 256 * 1024
"""A smaller append goes through the cache: it costs little there, and a sync writes it as well."""

PIECE_BYTES: Final = 1024 * 1024
"""Written at once. Larger does not stay in the processor's cache until it is written; smaller waits for the disk more
often."""


class UncachedFile(CachedFile):
    """The same, with large appends written past the cache where that can be. After an error it is only to be closed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._end = 0
        self._tail = b""  # of the last block, if that is not full
        self._direct = _open_direct(path)
        self._scratch: memoryview | None = None

    @property
    def is_direct(self) -> bool:
        """Whether large appends still go past the cache."""
        return self._direct >= 0

    def append(self, buffers: Sequence[Buffer]) -> None:
        """Writes all bytes of `buffers` in order."""
        if self.is_direct and sum(map(len, buffers)) >= LEAST_BYTES:
            self._append_blocks(buffers)
        else:
            super().append(buffers)
            self._end += sum(map(len, buffers))
            self._tail = _last_bytes([self._tail, *buffers], self._end % BLOCK_BYTES)

    def close(self) -> None:
        """Gives the file back. May be called again."""
        self._close_direct()
        super().close()

    def _append_blocks(self, buffers: Iterable[Buffer]) -> None:
        if self._scratch is None:
            self._scratch = memoryview(mmap.mmap(-1, PIECE_BYTES))
        at, rest = self._end - len(self._tail), b""
        for piece in _pieces(self._scratch, [self._tail, *buffers]):
            whole = len(piece) - len(piece) % BLOCK_BYTES
            self._write_blocks(piece[:whole], at)
            at, rest = at + whole, bytes(piece[whole:])
        super().append([rest])
        self._end, self._tail = at + len(rest), rest

    def _write_blocks(self, blocks: memoryview, at: int) -> None:
        while blocks and self.is_direct:
            try:
                written = os.pwrite(self._direct, blocks, at)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                # The disk wants larger blocks, or the file system said yes at first and cannot.
                self._close_direct()
                break
            if written % BLOCK_BYTES:
                raise OSError(errno.EIO, "the disk took a part of a block")
            blocks, at = blocks[written:], at + written
        if blocks:
            # Of the first block the file has the beginning.
            super().append([blocks[max(0, self._end - at) :]])

    def _close_direct(self) -> None:
        if self.is_direct:
            descriptor, self._direct = self._direct, -1
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _open_direct(path: Path) -> int:
    """A second descriptor of the file, for writing past the cache; -1 where there is no such thing."""
    if not hasattr(os, "O_DIRECT"):
        return -1
    try:
        return os.open(path, os.O_WRONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        return -1


def _pieces(scratch: memoryview, buffers: Iterable[Buffer]) -> Iterator[memoryview]:
    """All bytes of `buffers`, copied into `scratch` piece by piece; each is as large as it, but for the last."""
    filled = 0
    for buffer in buffers:
        rest = memoryview(buffer)
        while rest:
            taken = min(len(rest), len(scratch) - filled)
            scratch[filled : filled + taken] = rest[:taken]
            rest, filled = rest[taken:], filled + taken
            if filled == len(scratch):
                yield scratch
                filled = 0
    if filled:
        yield scratch[:filled]


def _last_bytes(buffers: Sequence[Buffer], size: int) -> bytes:
    """The last `size` bytes of all the buffers together."""
    found: list[Buffer] = []
    for buffer in reversed(buffers):
        if size <= 0:
            break
        found.append(buffer[max(0, len(buffer) - size) :])
        size -= len(buffer)
    return b"".join(reversed(found))
