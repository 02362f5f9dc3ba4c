"""Reading files a piece at a time, through `read` and not through a map.

Where a disk cannot give a page of a map back, the kernel kills the process; a read is refused, and told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from logstore.storage.directory import Directory

PIECE_BYTES = 4 << 20
"""Read at a time. More takes memory, less takes calls; both cost nothing beside the disk."""


def pieces_of(directory: Directory, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The bytes [start, end) of a file, in pieces; fewer when the file is shorter.

    Raises:
        MissingFileError: there is no such file.
        StorageError: it cannot be read.
    """
    with contextlib.closing(directory.open(name)) as file:
        while end is None or start < end:
            piece = file.read_at(start, PIECE_BYTES if end is None else min(PIECE_BYTES, end - start))
            if not piece:
                return
            start += len(piece)
            yield piece
