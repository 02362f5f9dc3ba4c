"""Telling whether an object holds the bytes that it should."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import closing
from functools import partial
from typing import NoReturn

from crc32c import crc32c

from logstore.errors import CorruptionError
from logstore.storage.append_file import Buffer
from logstore.storage.remote.objects import Objects
from logstore.storage.remote.settings import MULTIPART_BYTES

_AHEAD = 1
"""Pieces that are asked for while one is waited for. More is faster over long distances, and takes a piece of memory
each for every file that is being fetched."""


class Passing:
    """Takes note of content that passes through.

    Attributes:
        size, crc32c: of what has passed.
    """

    def __init__(self) -> None:
        self.size = 0
        self.crc32c = 0
        self._digests: list[bytes] = []
        self._piece = hashlib.md5(usedforsecurity=False)

    def through(self, pieces: Iterable[Buffer]) -> Iterator[Buffer]:
        """The same pieces."""
        for piece in pieces:
            self._note(memoryview(piece))
            yield piece

    @property
    def etag(self) -> str:
        """What S3 calls this content when it was put by us: its MD5, or for several pieces that of their MD5s.

        Stores may use any other text.
        """
        if self.size <= MULTIPART_BYTES:
            return f'"{b"".join(self._all_digests()).hex()}"'
        digests = self._all_digests()
        whole = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
        return f'"{whole}-{len(digests)}"'

    def _note(self, view: memoryview) -> None:
        self.crc32c = crc32c(view, self.crc32c)
        while len(view):
            if self.size and self.size % MULTIPART_BYTES == 0:
                self._digests.append(self._piece.digest())
                self._piece = hashlib.md5(usedforsecurity=False)
            fits = MULTIPART_BYTES - self.size % MULTIPART_BYTES
            self._piece.update(view[:fits])
            self.size += len(view[:fits])
            view = view[fits:]

    def _all_digests(self) -> list[bytes]:
        return [*self._digests, self._piece.digest()]


def pieces_of_object(
    objects: Objects, name: str, size: int, checksum: int, pool: Executor | None = None
) -> Iterator[bytes]:
    """An object's content, a piece at a time, of which the last comes only if all of it is as it should be.

    Args:
        objects: where it is.
        name: its name.
        size: its bytes.
        checksum: their CRC-32C.
        pool: asks for the next piece while one is being used; None: one after the other.

    Raises:
        CorruptionError: it is not.
        StorageError: it cannot be read.
    """
    found = 0
    starts = range(0, size, MULTIPART_BYTES)
    calls = [partial(objects.get_range, name, start, min(start + MULTIPART_BYTES, size)) for start in starts]
    with closing(_in_order(calls, pool)) as pieces:
        for start, piece in zip(starts, pieces, strict=True):
            found = crc32c(piece, found)
            if start + len(piece) == size and found != checksum:
                _raise_wrong(objects, name, f"its checksum is {found:08x}, not {checksum:08x}")
            yield piece


def _in_order(calls: Sequence[Callable[[], bytes]], pool: Executor | None) -> Generator[bytes]:
    """What the calls return, in their order."""
    if pool is None or len(calls) == 1:
        for call in calls:
            yield call()
        return
    pending: deque[Future[bytes]] = deque()
    try:
        for call in calls:
            pending.append(pool.submit(call))
            if len(pending) > _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        for one in pending:
            one.cancel()


def check_stored(objects: Objects, name: str, sent: Passing) -> None:
    """Makes sure that an object that was just put holds what was sent.

    What the store says of it suffices when it speaks of the content; else the object is read back.

    Raises:
        CorruptionError: it holds something else.
        StorageError: it cannot be read.
    """
    info = objects.head(name)
    if info.bytes != sent.size:
        _raise_wrong(objects, name, f"it has {info.bytes} bytes, not {sent.size}")
    if info.etag != sent.etag:
        for _ in pieces_of_object(objects, name, sent.size, sent.crc32c):
            pass


def _raise_wrong(objects: Objects, name: str, what: str) -> NoReturn:
    message = f"the object is not what was uploaded: {what}"
    raise CorruptionError(message, f"{objects.where}/{name}", remedy="look for what else writes there")
