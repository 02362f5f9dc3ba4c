"""Telling whether an object holds the bytes that it should."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from crc32c import crc32c

from logstore.errors import CorruptionError
from logstore.storage.directory import Buffer
from logstore.storage.remote.objects import Objects
from logstore.storage.remote.settings import MULTIPART_BYTES


def etag_of(content: Buffer) -> str:
    """What S3 calls this content when it was put by us: its MD5, or for several pieces that of their MD5s.

    Stores may use any other text.
    """
    view = memoryview(content)
    if len(view) <= MULTIPART_BYTES:
        return f'"{_md5(view).hex()}"'
    digests = [_md5(view[start : start + MULTIPART_BYTES]) for start in range(0, len(view), MULTIPART_BYTES)]
    return f'"{_md5(b"".join(digests)).hex()}-{len(digests)}"'


def pieces(objects: Objects, name: str, size: int, checksum: int) -> Iterator[bytes]:
    """An object's content, a piece at a time, of which the last comes only if all of it is as it should be.

    Raises:
        CorruptionError: it is not.
        StorageError: it cannot be read.
    """
    found = 0
    for start in range(0, size, MULTIPART_BYTES):
        end = min(start + MULTIPART_BYTES, size)
        piece = objects.get_range(name, start, end)
        found = crc32c(piece, found)
        if end == size and found != checksum:
            _raise_wrong(objects, name, f"its checksum is {found:08x}, not {checksum:08x}")
        yield piece


def check_stored(objects: Objects, name: str, content: Buffer) -> None:
    """Makes sure that an object that was just put holds this content.

    What the store says of it suffices when it speaks of the content; else the object is read back.

    Raises:
        CorruptionError: it holds something else.
        StorageError: it cannot be read.
    """
    info = objects.head(name)
    if info.bytes != len(content):
        _raise_wrong(objects, name, f"it has {info.bytes} bytes, not {len(content)}")
    if info.etag != etag_of(content):
        for _ in pieces(objects, name, len(content), crc32c(content)):
            pass


def _raise_wrong(objects: Objects, name: str, what: str) -> None:
    message = f"the object is not what was uploaded: {what}"
    raise CorruptionError(message, f"{objects.where}/{name}", remedy="look for whatever writes there besides Logstore")


def _md5(content: Buffer) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()
