"""Whose a place in object storage is: a small object names its data directory, so that two never share one."""

from __future__ import annotations

import logging
from collections.abc import Callable

import orjson

from logstore.clock import Clock
from logstore.errors import CorruptionError, StorageError
from logstore.storage.catalog.records import Catalog, RemoteStore
from logstore.storage.remote.objects import MissingObjectError, Objects

MARKER = "logstore-store.json"
_VERSION = 1

_log = logging.getLogger(__name__)


class Claim:
    """Makes a place ours, or finds that it is, once. Called from one thread.

    Args:
        objects: the place.
        catalog: remembers whose it is.
        clock: dates it.
        new_id: makes an id that no other directory has.
    """

    def __init__(self, objects: Objects, catalog: Catalog, clock: Clock, new_id: Callable[[], str]) -> None:
        self._objects = objects
        self._catalog = catalog
        self._clock = clock
        self._new_id = new_id
        self._is_ours = False

    @property
    def is_ours(self) -> bool:
        """Whether the place is known to be ours."""
        return self._is_ours

    def ensure(self) -> None:
        """Returns when the place is ours.

        Raises:
            StorageError: it is another's, or the objects are elsewhere, or the store refuses.
        """
        if not self._is_ours:
            self._settle(self._catalog.remote_store())
            self._is_ours = True
            _log.info("parts are copied to %s", self._objects.where)

    def _settle(self, known: RemoteStore | None) -> None:
        found = self._read()
        if known is not None and found == known.id:
            if known.url != self._objects.where:
                self._remember(known.id)
            return
        if found is not None:
            message = f"{self._objects.where} belongs to another data directory"
            raise StorageError(message, "give each a prefix of its own in object_storage.url")
        if known is not None and known.url != self._objects.where and self._catalog.remote_files():
            message = f"{self._objects.where} is empty, and files of this data directory are in {known.url}"
            raise StorageError(message, f"set object_storage.url back, or copy all objects, {MARKER} too")
        if known is not None and self._catalog.remote_files():
            _log.warning("%s/%s is gone and is written again", self._objects.where, MARKER)
        self._write(self._new_id() if known is None else known.id)

    def _write(self, store_id: str) -> None:
        # Remembered first: a crash in between must not leave a place that is nobody's.
        self._remember(store_id)
        if not self._objects.put_new(MARKER, orjson.dumps({"logstore": _VERSION, "id": store_id})):
            self._settle(self._catalog.remote_store())

    def _remember(self, store_id: str) -> None:
        self._catalog.claim_remote_store(RemoteStore(store_id, self._objects.where, self._clock.now_ns()))

    def _read(self) -> str | None:
        try:
            content = self._objects.get(MARKER)
        except MissingObjectError as error:
            if "NoSuchBucket" in str(error):
                raise
            return None
        try:
            found = orjson.loads(content)
            if found["logstore"] == _VERSION:
                return str(found["id"])
        except (ValueError, KeyError, TypeError):
            pass
        message = f"it is not what Logstore of version {_VERSION} writes: {content[:60]!r}"
        raise CorruptionError(message, f"{self._objects.where}/{MARKER}", remedy="choose another prefix")
