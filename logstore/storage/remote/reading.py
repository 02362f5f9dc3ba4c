"""Reading parts wherever they are: their files are on the local disk for as long as somebody reads them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence

from logstore.errors import LogstoreError, StorageError
from logstore.model.snapshot import Part
from logstore.storage.directory import Directory
from logstore.storage.remote.cache import Cache
from logstore.storage.remote.fetch import Fetcher
from logstore.storage.verify.unsound import Healing

_log = logging.getLogger(__name__)

_UNKNOWN = "it is in object storage only, and no object storage is set (set object_storage.url)"


class PartReader:
    """Makes the files of parts readable. Safe from several threads.

    Args:
        directory: where the files are.
        cache: knows which are there.
        fetcher: brings those that are not; None when there is no object storage now.
    """

    def __init__(self, directory: Directory, cache: Cache, fetcher: Fetcher | None) -> None:
        self._root = directory.path("").rstrip("/") + "/"
        self._cache = cache
        self._fetcher = fetcher

    def are_local(self, parts: Sequence[Part]) -> bool:
        """Whether nothing has to be fetched to read them."""
        return self._cache.are_local(self._names(parts))

    @contextlib.contextmanager
    def reading(self, parts: Sequence[Part], check: Callable[[], None] = lambda: None) -> Iterator[dict[str, str]]:
        """Brings the files of parts of an open snapshot, and keeps them until the end of the context.

        Args:
            parts: the parts.
            check: called while waiting; raises when nobody wants them any more.

        Yields:
            Why those cannot be read that cannot be brought, by path.

        Raises:
            LimitExceededError: what has to be brought is larger than the room for it.
            OverloadedError: others take that room for too long.
            StorageError: room could not be made.
        """
        names = self._names(parts)
        with self._cache.pinned(names):
            yield {self._root + name: why for name, why in self._bring(names, check).items()}

    @contextlib.contextmanager
    def kept(self, parts: Sequence[Part]) -> Iterator[None]:
        """Like `reading`, for chores: all of the parts, or none.

        Raises:
            WorldError: one of them cannot be had now.
        """
        with self.reading(parts) as unread:
            for path, why in unread.items():
                raise StorageError(f"{path} is not here: {why}")
            yield

    def heal(self, part: Part) -> Healing:
        """Fetches a part again whose file is damaged or missing."""
        names = self._names([part])
        if not self._cache.lost(names):
            return Healing.NONE
        try:
            with self._cache.pinned(names):
                failed = self._bring(names, lambda: None)
        except LogstoreError as error:
            failed = {names[0]: str(error)}
        if failed:
            _log.warning("%s is damaged, and cannot be fetched again now: %s", part.path, failed[names[0]])
            return Healing.LATER
        _log.warning("%s was damaged, and was fetched again from object storage", part.path)
        return Healing.HEALED

    def _bring(self, names: Sequence[str], check: Callable[[], None]) -> dict[str, str]:
        if self._fetcher is not None:
            return {} if self._cache.are_local(names) else self._fetcher.fetch(names, check)
        return {name: _UNKNOWN for name in names if not self._cache.are_local([name])}

    def _names(self, parts: Sequence[Part]) -> list[str]:
        return [part.path.removeprefix(self._root) for part in parts]
