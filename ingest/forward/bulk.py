"""The content of a large text on its way: how much of it there is, and where the rest goes."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Final, Protocol

from ingest.forward.plain_landing import Landing

_MOST_IN_PLACE: Final = 8 << 20
"""Room for a text up to this size is reserved when its header has come; what was not written takes no memory. As large
as the chunks that senders hold in memory. Larger lets a header alone reserve more."""

_SMALL_BYTES: Final = 1 << 14
# Less than this is copied together as it comes: a sender that writes single bytes must not make an object of each.
_PIECE_BYTES: Final = 1 << 12


class Bulk(Protocol):
    """Such a content. `missing` says how many bytes have not come, `size` how many have."""

    missing: int
    size: int

    def add(self, data: bytes | memoryview) -> None:
        """Takes bytes, not more than are missing."""

    def room(self) -> memoryview | None:
        """Where the missing bytes can be written, to be told by `written`; None when they must be added."""

    def written(self, size: int) -> None:
        """So many bytes were written to the start of `room()`."""

    def whole(self) -> bytes:
        """All of it, once nothing is missing."""


def _landing() -> type[Landing]:
    """The compiled one where it is there, which does without a copy."""
    try:
        compiled: type[Landing] = importlib.import_module("ingest.forward.landing").Landing
    except ImportError:
        return Landing
    return compiled


_LANDING: Final = _landing()


def gather(begin: bytes, missing: int, landing: type[Landing] = _LANDING) -> Bulk:
    """A text that begins so, and of which so much is missing."""
    size = len(begin) + missing
    if size <= _MOST_IN_PLACE:
        # Little is left where it cannot even be reserved, but the rest of the text may never come.
        with suppress(MemoryError):
            return _InPlace(begin, landing(size))
    return _InPieces(begin, missing)


class _InPlace:
    """Each byte is written where it stays."""

    def __init__(self, begin: bytes, landing: Landing) -> None:
        self._landing = landing
        self.size = 0
        self.missing = memoryview(landing).nbytes
        self.add(begin)

    def add(self, data: bytes | memoryview) -> None:
        self.room()[: len(data)] = data
        self.written(len(data))

    def room(self) -> memoryview:
        return memoryview(self._landing)[self.size :]

    def written(self, size: int) -> None:
        self.missing -= size
        self.size += size

    def whole(self) -> bytes:
        return self._landing.take()


class _InPieces:
    """The pieces in which it comes are put together just once."""

    def __init__(self, begin: bytes, missing: int) -> None:
        self.missing = missing
        self.size = len(begin)
        self._pieces: list[bytes | bytearray | memoryview] = [begin]

    def add(self, data: bytes | memoryview) -> None:
        self.written(len(data))
        last = self._pieces[-1]
        if len(data) >= _PIECE_BYTES:
            self._pieces.append(data)
        elif isinstance(last, bytearray) and len(last) < _SMALL_BYTES:
            last += data
        else:
            self._pieces.append(bytearray(data))

    def room(self) -> None:
        return None

    def written(self, size: int) -> None:
        self.missing -= size
        self.size += size

    def whole(self) -> bytes:
        return b"".join(self._pieces)
