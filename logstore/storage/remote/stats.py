"""What there is to tell of object storage, as one value, for metrics."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.storage.remote.cache import CacheCounters
from logstore.storage.remote.fetch import FetchCounters
from logstore.storage.remote.upload import UploadCounters
from logstore.storage.upkeep.loop import ChoreCounters


@dataclass(frozen=True, slots=True)
class RemoteStats:
    """Counts and sizes of object storage and of its cache at one instant.

    Attributes:
        uploads, fetches, cache: see there.
        removed: objects removed since the store was opened.
        chores: what became of the pieces of work, by chore.
        cache_limit_bytes: the bound of the cache.
        overdue_s: for how long the part that waits longest should have been uploaded; 0 when none should.
    """

    uploads: UploadCounters
    fetches: FetchCounters
    cache: CacheCounters
    removed: int
    chores: dict[str, ChoreCounters]
    cache_limit_bytes: int
    overdue_s: float
