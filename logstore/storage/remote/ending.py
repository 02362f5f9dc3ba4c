"""Objects whose calls end when the server does, however long the store leaves them unanswered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from functools import partial
from typing import TypeVar

from logstore.errors import StorageError
from logstore.storage.append_file import Buffer
from logstore.storage.remote.objects import ObjectInfo, Objects
from logstore.storage.remote.workers import Workers

_LOOK_S = 0.2
"""How often to look whether the server is to end."""

_T = TypeVar("_T")


class EndingObjects:
    """See `Objects`: the same objects. Used by one thread.

    A call that the end of the server meets is left alone, in a thread that nobody waits for, and fails.

    Args:
        objects: the objects.
        is_closing: whether the server is to end.
    """

    def __init__(self, objects: Objects, is_closing: Callable[[], bool]) -> None:
        self._objects = objects
        self._is_closing = is_closing
        self._workers = Workers(1, "logstore-objects")

    @property
    def where(self) -> str:
        """The store and prefix."""
        return self._objects.where

    def put(self, name: str, pieces: Iterable[Buffer], size: int) -> None:
        """See `Objects`."""
        self._call(partial(self._objects.put, name, pieces, size))

    def put_new(self, name: str, content: bytes) -> bool:
        """See `Objects`."""
        return self._call(partial(self._objects.put_new, name, content))

    def get(self, name: str) -> bytes:
        """See `Objects`."""
        return self._call(partial(self._objects.get, name))

    def get_range(self, name: str, start: int, end: int) -> bytes:
        """See `Objects`."""
        return self._call(partial(self._objects.get_range, name, start, end))

    def head(self, name: str) -> ObjectInfo:
        """See `Objects`."""
        return self._call(partial(self._objects.head, name))

    def list(self, folder: str) -> Iterator[ObjectInfo]:
        """See `Objects`."""
        return iter(self._call(lambda: tuple(self._objects.list(folder))))

    def delete(self, name: str) -> None:
        """See `Objects`."""
        self._call(partial(self._objects.delete, name))

    def close(self) -> None:
        """Ends the thread, or leaves it alone."""
        self._workers.shutdown(wait=False)

    def _call(self, do: Callable[[], _T]) -> _T:
        future = self._workers.submit(do)
        while not wait([future], _LOOK_S).done:
            if self._is_closing():
                raise StorageError(f"{self.where} does not answer, and the server is to end")
        return future.result()
