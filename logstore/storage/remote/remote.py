"""Object storage as one object: what the store does with it, put together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.records import Catalog
from logstore.storage.directory import Directory
from logstore.storage.head import Head
from logstore.storage.publish import Publisher
from logstore.storage.remote.cache import Cache, RemotePart
from logstore.storage.remote.claim import Claim
from logstore.storage.remote.cleaning import CleaningChore
from logstore.storage.remote.ending import EndingObjects
from logstore.storage.remote.fetch import FetchCounters, Fetcher
from logstore.storage.remote.objects import Objects
from logstore.storage.remote.reading import PartReader
from logstore.storage.remote.settings import RemoteRules
from logstore.storage.remote.stats import RemoteStats
from logstore.storage.remote.trimming import TrimmingChore
from logstore.storage.remote.upload import UploadChore, UploadCounters, UploadServices
from logstore.storage.removal import Removals
from logstore.storage.upkeep.loop import UpkeepLoop


@dataclass(frozen=True, slots=True)
class RemoteServices:
    """What object storage works with, besides the objects; `spare_bytes` is what the disk has room for."""

    directory: Directory
    publisher: Publisher
    catalog: Catalog
    head: Head
    removals: Removals
    clock: Clock
    new_id: Callable[[], str]
    backoff_s: Callable[[int], float]
    spare_bytes: Callable[[], int]


class RemoteStorage:
    """Uploads, fetches, and keeps the local disk within its bound.

    Works in threads of its own: a store that is slow or down keeps nobody else waiting. Without objects it only knows
    what is not there.

    Args:
        services: what it works with.
        rules: the numbers.
        objects: the place; None when none is set.

    Attributes:
        reader: makes parts readable.
    """

    def __init__(self, services: RemoteServices, rules: RemoteRules, objects: Objects | None) -> None:
        self._rules = rules
        self._clock = services.clock
        self._closing = threading.Event()
        self._cache = Cache(services.directory, services.clock, rules, services.spare_bytes)
        self._cache.add(remote_parts(services), is_local=services.directory.exists)
        self._fetcher: Fetcher | None = None
        self._upload: UploadChore | None = None
        self._cleaning: CleaningChore | None = None
        self._ending: EndingObjects | None = None
        self._loop = UpkeepLoop((), services.clock, services.backoff_s)
        if objects is not None:
            self._connect(services, objects)
        self.reader = PartReader(services.directory, self._cache, self._fetcher)

    def _connect(self, services: RemoteServices, objects: Objects) -> None:
        rules, clock = self._rules, services.clock
        self._ending = EndingObjects(objects, self._closing.is_set)
        claim = Claim(self._ending, services.catalog, clock, services.new_id)
        self._fetcher = Fetcher(objects, services.publisher, self._cache, clock, rules)
        upload = UploadChore(
            UploadServices(
                objects=objects,
                directory=services.directory,
                catalog=services.catalog,
                head=services.head,
                removals=services.removals,
                cache=self._cache,
                claim=claim,
                clock=clock,
                is_closing=self._closing.is_set,
            ),
            rules,
        )

        def on_removed(names: Sequence[str]) -> None:
            upload.forget(names)
            self._cache.forget(names)

        self._upload = upload
        self._cleaning = CleaningChore(self._ending, services.catalog, services.removals, claim, clock, on_removed)
        chores = (self._upload, TrimmingChore(self._cache, clock), self._cleaning)
        self._loop = UpkeepLoop(chores, clock, services.backoff_s)

    @property
    def loop(self) -> UpkeepLoop:
        """The thread that does its chores."""
        return self._loop

    def away(self) -> frozenset[str]:
        """Names of the parts that are in object storage only."""
        return self._cache.away()

    def start(self, on_moved: Callable[[], None] = lambda: None) -> None:
        """Begins to work, when there is a place to work with; tells `on_moved` when a file goes from here or comes."""
        self._cache.follow(on_moved)
        if self._upload is not None:
            self._loop.start()

    def close(self) -> None:
        """Ends what is under way as soon as that is possible. May be called again."""
        self._closing.set()
        self._loop.close()
        if self._upload is not None:
            self._upload.close()
        if self._ending is not None:
            self._ending.close()
        if self._fetcher is not None:
            self._fetcher.close()

    def stats(self) -> RemoteStats:
        """Counts and sizes as they are now."""
        uploads = UploadCounters() if self._upload is None else self._upload.counters
        due_ns = uploads.oldest_due_ns
        return RemoteStats(
            uploads=uploads,
            fetches=FetchCounters() if self._fetcher is None else self._fetcher.counters,
            cache=self._cache.counters,
            removed=0 if self._cleaning is None else self._cleaning.removed,
            chores=self._loop.counters,
            cache_limit_bytes=self._rules.cache_bytes,
            overdue_s=0.0 if due_ns is None else max(0.0, (self._clock.now_ns() - due_ns) / NS_PER_SECOND),
        )


def remote_parts(services: RemoteServices) -> Iterable[RemotePart]:
    """The parts that are in object storage, oldest events first.

    Of files that nobody has read yet, those stay longest that are newest.
    """
    root = services.directory.path("").rstrip("/") + "/"
    parts = sorted(services.head.latest.parts, key=lambda part: part.time_max_ns)
    return [
        RemotePart(part.path.removeprefix(root), part.bytes, part.remote.crc32c, part.time_max_ns)
        for part in parts
        if part.remote is not None
    ]
