"""What was read of files and is likely read again: columns of row groups, as they are taken apart."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Generic, Protocol, TypeVar

_SHARE = 4
"""A thing that takes more than one part in so many is not kept: most others would go for it."""


class Sized(Protocol):
    """Something that takes memory, perhaps more as it is used."""

    @property
    def nbytes(self) -> int:
        """So many bytes, now."""


_Thing = TypeVar("_Thing", bound=Sized)


class Kept(Generic[_Thing]):
    """Things by their keys, of so many bytes together; what was used longest ago is forgotten first.

    Safe from several threads. What is forgotten stays with those who have it just then.

    Args:
        most_bytes: that they may take. A single thing that takes more than a quarter of that is not kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._things: OrderedDict[Hashable, tuple[_Thing, int]] = OrderedDict()
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """What all of them took when they were put here last."""
        return self._bytes

    def get(self, key: Hashable) -> _Thing | None:
        """The thing of this key, which counts as used now."""
        with self._lock:
            found = self._things.get(key)
            if found is None:
                return None
            self._things.move_to_end(key)
            return found[0]

    def get_all(self, keys: Sequence[Hashable]) -> list[_Thing | None]:
        """The things of these keys, likewise."""
        found: list[_Thing | None] = []
        with self._lock:
            for key in keys:
                held = self._things.get(key)
                if held is not None:
                    self._things.move_to_end(key)
                found.append(None if held is None else held[0])
        return found

    def put(self, key: Hashable, thing: _Thing) -> None:
        """Keeps it, in place of the one of this key. To be told again when it takes more or less memory."""
        with self._lock:
            # Not before: whoever let it grow meanwhile may have told so already.
            size = thing.nbytes
            _, before = self._things.pop(key, (None, 0))
            self._bytes -= before
            if size * _SHARE > self._most_bytes:
                return
            self._things[key] = thing, size
            self._bytes += size
            while self._bytes > self._most_bytes:
                _, (_, freed) = self._things.popitem(last=False)
                self._bytes -= freed
