"""A file of the quarantine: a log segment of chunks that stand there for good, so that any reader of the log reads it.

Its salt is 0. Where each chunk lies is in the catalog, so nothing in a payload is ever taken for an entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from logstore.errors import CorruptionError
from logstore.storage.append_file import Buffer
from logstore.storage.wal.format import (
    HEADER_BYTES,
    LoggedEntry,
    Record,
    SegmentHeader,
    decode_entry,
    decode_head,
    decode_header,
    encode_head,
    encode_header,
    make_record,
)

_SALT = 0


def encode_quarantine(entries: Sequence[LoggedEntry]) -> tuple[list[Buffer], list[tuple[int, int]]]:
    """The file of these entries, ascending, at least one; and the offset and size of each in it."""
    buffers: list[Buffer] = [encode_header(SegmentHeader(entries[0].entry.seq, _SALT, None))]
    places, offset = [], HEADER_BYTES
    for logged in entries:
        record = make_record(logged.entry.seq, logged.entry.chunk)
        head = encode_head(Record(logged, record.meta), _SALT)
        size = len(head) + len(logged.entry.chunk.payload)
        buffers += [head, logged.entry.chunk.payload]
        places.append((offset, size))
        offset += size
    return buffers, places


def check_head(content: memoryview, path: str) -> None:
    """That a file begins as it was written. Reading a chunk does not need it; any reader of the log does.

    Raises:
        CorruptionError: it is damaged, or of another version.
    """
    if decode_header(bytes(content[:HEADER_BYTES]), path) is None:
        raise CorruptionError("its head is damaged", path, 0, "restore the file from a backup")


def read_chunk(content: memoryview, offset: int, size: int, path: str) -> LoggedEntry:
    """The entry at a place of a file.

    Raises:
        CorruptionError: it is damaged, or of another version.
    """
    data = bytes(content[offset : offset + size])
    head = decode_head(data, 0, len(data), _SALT)
    logged = decode_entry(data, head, path) if head is not None else None
    if logged is None:
        remedy = "restore the file from a backup, or drop all chunks that lie in it"
        raise CorruptionError("the chunk in quarantine is damaged", path, offset, remedy)
    return logged
