"""Stores with object storage, whose chores are done when a test says so."""

from __future__ import annotations

from dataclasses import replace

from logstore.storage.decoder import Decoding
from logstore.storage.directory import Directory
from logstore.storage.remote.objects import Objects
from logstore.storage.remote.settings import RemoteRules
from logstore.storage.store import Store
from tests.logstore.storage.lines import DOCUMENT, LineDecoder
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import SETTINGS, Sender

WIDE = RemoteRules(upload_after_s=60.0, keep_local_s=-1e9, cache_bytes=1 << 30, transfers=2, room_wait_s=0.0)
"""What was uploaded stays here too. The tests' events are of the future, so that what is new goes the other way."""


def tight(cache_bytes: int) -> RemoteRules:
    """So much of what was uploaded stays here."""
    return replace(WIDE, cache_bytes=cache_bytes)


def open_remote(directory: Directory, objects: Objects | None, rules: RemoteRules = WIDE, **numbers: object) -> Store:
    """A store whose object storage does nothing by itself."""
    settings = replace(SETTINGS, remote=rules, **{"word_index": False, **numbers})
    store = Store.open(directory, Decoding(DOCUMENT, LineDecoder), settings, ManualClock(), objects=objects)
    # Its clock stands still, so its thread has done nothing yet.
    store._machinery.remote.loop.close()
    store._machinery.remote._closing.clear()
    return store


def pass_time(store: Store, times: int = 1) -> None:
    """Minutes pass, and what is due is done."""
    for _ in range(times):
        store._machinery.clock.move(120)
        store._machinery.remote.loop.work_off(50)


def check(store: Store, sender: Sender) -> None:
    """Everything that was acknowledged can be read, and is there once."""
    with store.snapshot() as snapshot, store.reading(snapshot.parts) as unread:
        assert not unread
        sender.check(snapshot)


def local_parts(store: Store) -> list[str]:
    """Names of the parts' files that are on the local disk."""
    directory = store._machinery.directory
    return [name for name in directory.files("parts") if name.endswith(".parquet")]


def drop_local(store: Store) -> int:
    """Removes the local files of all parts that are in object storage; how many."""
    cache = store._machinery.remote._cache
    bound, cache._rules = cache._rules, tight(0)
    try:
        return cache.trim()
    finally:
        cache._rules = bound
