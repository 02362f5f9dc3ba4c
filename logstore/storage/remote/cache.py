"""What is on the local disk of the parts that are in object storage, within a bound.

A part's file has one place, under its own name: it is there from its seal on, goes when it is in the store and others
need the room, and comes back when a query wants it. A file that is there is whole: it is written beside its place,
checked and renamed. Files that somebody reads stay.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.errors import LimitExceededError, StorageError
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.lease import live_leases
from logstore.storage.remote.eviction import Cached, choose_victims
from logstore.storage.remote.settings import RemoteRules


@dataclass(frozen=True, slots=True)
class RemotePart:
    """The file of a part, as it is in object storage.

    Attributes:
        name: its name there and in the data directory.
        bytes, crc32c: of its content.
        newest_ns: time of its newest event.
    """

    name: str
    bytes: int
    crc32c: int
    newest_ns: int


@dataclass(frozen=True, slots=True)
class CacheCounters:
    """What the cache holds, and has done since the store was opened.

    Attributes:
        parts, bytes: the parts in object storage.
        local_parts, local_bytes: those of them that are on the local disk.
        cached_bytes: those of the latter that count towards the bound.
        hits, misses: reads of parts in object storage whose file was there, and was not.
        evictions: files that made room.
    """

    parts: int
    bytes: int
    local_parts: int
    local_bytes: int
    cached_bytes: int
    hits: int
    misses: int
    evictions: int


class Cache:
    """Knows the files, pins those that are read, and makes room. Safe from several threads.

    Args:
        directory: where the files are.
        clock: tells what is new.
        rules: what stays, and the bound.
        spare_bytes: what the disk has room for; negative when files should go.
    """

    def __init__(self, directory: Directory, clock: Clock, rules: RemoteRules, spare_bytes: Callable[[], int]) -> None:
        self._directory = directory
        self._clock = clock
        self._rules = rules
        self._spare_bytes = spare_bytes
        self._changed = threading.Condition()
        self._remote: dict[str, RemotePart] = {}
        self._local: dict[str, int] = {}
        """When each file that is there was used last, as a number that rises."""
        self._coming: set[str] = set()
        self._pins: Counter[str] = Counter()
        self._uses = 0
        self._hits = self._misses = self._evictions = 0
        self._on_moved: Callable[[], None] = lambda: None

    def follow(self, on_moved: Callable[[], None]) -> None:
        """From now on tells whenever a file goes from here or comes; called under a lock, so it must be quick."""
        self._on_moved = on_moved

    def away(self) -> frozenset[str]:
        """Names of the parts that are in object storage only."""
        with self._changed:
            return frozenset(self._remote.keys() - self._local.keys())

    def add(self, parts: Iterable[RemotePart], *, is_local: Callable[[str], bool]) -> None:
        """Parts are in object storage; called in the order in which their files should stay, the last longest."""
        with self._changed:
            for part in parts:
                self._remote[part.name] = part
                if is_local(part.name):
                    self._touch(part.name)

    def forget(self, names: Iterable[str]) -> None:
        """Parts are not in object storage any more."""
        with self._changed:
            for name in names:
                self._remote.pop(name, None)
                self._local.pop(name, None)

    def are_local(self, names: Iterable[str]) -> bool:
        """Whether nothing would have to be fetched to read these files."""
        with self._changed:
            return not any(self._is_away(name) for name in names)

    @contextlib.contextmanager
    def pinned(self, names: Sequence[str]) -> Iterator[None]:
        """Keeps those of the files that are there, and those that come, until the end of the context."""
        with self._changed:
            self._pins.update(names)
            for name in names:
                self._note_read(name)
        try:
            yield
        finally:
            with self._changed:
                self._pins.subtract(names)
                self._pins = +self._pins
                self._changed.notify_all()

    def expect(self, names: Sequence[str]) -> tuple[RemotePart, ...] | None:
        """Makes room for those of the pinned files that are not there; what has to be fetched, by the caller alone.

        The caller must call `arrived` or `failed` for each of them. Others may be fetching the rest of them already.
        None when there is no room, because of files that others read: `wait_for_room` before the next try.

        Raises:
            LimitExceededError: together they are larger than the bound.
            StorageError: the disk is too full, or a file could not be removed.
        """
        with self._changed:
            away = [self._remote[name] for name in dict.fromkeys(names) if self._is_away(name)]
            wanted = [part for part in away if part.name not in self._coming]
            need_bytes = sum(part.bytes for part in wanted if self._is_counted(part))
            if need_bytes:
                self._check_size(names)
                if not self._evict(self._counted_bytes() + need_bytes - self._rules.cache_bytes):
                    return None
            self._make_space(sum(part.bytes for part in wanted))
            self._coming.update(part.name for part in wanted)
            return tuple(wanted)

    def wait_for_room(self, timeout_s: float) -> None:
        """Waits until a file is not read any more, or the time is over."""
        with self._changed:
            self._changed.wait(timeout_s)

    def arrived(self, name: str) -> None:
        """A file is there."""
        with self._changed:
            self._coming.discard(name)
            if name in self._remote:
                self._touch(name)
                self._on_moved()
            self._changed.notify_all()

    def failed(self, name: str) -> None:
        """A file will not come."""
        with self._changed:
            self._coming.discard(name)
            self._changed.notify_all()

    def lost(self, names: Iterable[str]) -> bool:
        """Files that were there are not, or are not to be used: they must be fetched again; whether they can be."""
        with self._changed:
            for name in names:
                self._local.pop(name, None)
            self._on_moved()
            return all(name in self._remote for name in names)

    def trim(self) -> int:
        """Removes files until the bound holds and the disk has room, or the others are being read; how many.

        Raises:
            StorageError: a file could not be removed.
        """
        with self._changed:
            before = self._evictions
            over = self._counted_bytes() - self._rules.cache_bytes
            self._evict(min(over, self._free_bytes(even_new=False)))
            # Rather than that intake stops, what is new goes too.
            self._evict(min(-self._spare_bytes(), self._free_bytes(even_new=True)), even_new=True)
            return self._evictions - before

    @property
    def counters(self) -> CacheCounters:
        """What it holds and has done."""
        with self._changed:
            local = [self._remote[name] for name in self._local if name in self._remote]
            return CacheCounters(
                parts=len(self._remote),
                bytes=sum(part.bytes for part in self._remote.values()),
                local_parts=len(local),
                local_bytes=sum(part.bytes for part in local),
                cached_bytes=self._counted_bytes(),
                hits=self._hits,
                misses=self._misses,
                evictions=self._evictions,
            )

    def _note_read(self, name: str) -> None:
        if name in self._local:
            self._hits += 1
            self._touch(name)
        elif name in self._remote:
            self._misses += 1

    def _touch(self, name: str) -> None:
        self._uses += 1
        self._local[name] = self._uses

    def _is_away(self, name: str) -> bool:
        return name in self._remote and name not in self._local

    def _is_counted(self, part: RemotePart) -> bool:
        """Whether a file is not so new that it stays anyway."""
        return part.newest_ns <= self._clock.now_ns() - int(self._rules.keep_local_s * NS_PER_SECOND)

    def _counted_bytes(self) -> int:
        """What the files that are there, or are coming, take of the bound."""
        names = self._local.keys() | self._coming
        parts = (self._remote[name] for name in names if name in self._remote)
        return sum(part.bytes for part in parts if self._is_counted(part))

    def _check_size(self, names: Sequence[str]) -> None:
        """Refuses what cannot fit however long it waits."""
        parts = (self._remote[name] for name in dict.fromkeys(names) if name in self._remote)
        needed = sum(part.bytes for part in parts if self._is_counted(part))
        if needed > self._rules.cache_bytes:
            raise LimitExceededError(
                f"the query reads {needed:,} bytes of object storage at once, and there is room for"
                f" {self._rules.cache_bytes:,} on the local disk",
                "narrow the time window, filter by tag, or raise object_storage.cache_bytes",
            )

    def _make_space(self, need_bytes: int) -> None:
        """Removes files until the disk has room for so many bytes.

        Raises:
            StorageError: they do not suffice.
        """
        if not need_bytes:
            return
        coming = sum(self._remote[name].bytes for name in self._coming if name in self._remote)
        short = need_bytes + coming - self._spare_bytes()
        if short > 0 and not self._evict(short, even_new=True):
            raise StorageError(
                f"the local disk has no room for {need_bytes:,} bytes from object storage",
                "free some space, or ask for less at a time",
            )

    def _free_bytes(self, *, even_new: bool) -> int:
        """What could be removed."""
        return sum(one.bytes for one in self._evictable(even_new=even_new) if not one.pins)

    def _evict(self, need_bytes: int, *, even_new: bool = False) -> bool:
        """Removes files until so many bytes are free; removes none when they would not suffice."""
        victims = choose_victims(self._evictable(even_new=even_new), need_bytes)
        # A reader in another process has no pins here; its files stay.
        if victims is None or (victims and live_leases(self._directory)):
            return False
        for one in victims:
            # It is gone for readers before it is gone.
            self._local.pop(one.name)
            with contextlib.suppress(MissingFileError):
                self._directory.remove(one.name)
            self._evictions += 1
        if victims:
            self._on_moved()
        return True

    def _evictable(self, *, even_new: bool) -> Iterator[Cached]:
        for name, used in self._local.items():
            part = self._remote.get(name)
            if part is not None and (even_new or self._is_counted(part)):
                yield Cached(name, part.bytes, used, self._pins[name])
