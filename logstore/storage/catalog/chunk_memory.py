"""Which chunks are stored already, so that a sender's copy is acknowledged and not stored again.

Chunks of generations that are not sealed yet are in a dict, filled from the log. Those of sealed generations are in one
sorted file per generation. Filters, each over a layer of files, tell for nearly every new chunk at once that no file
holds it; smaller ones, each over a file, tell which file to look into. The files looked into last stay mapped. So with
80 hours of files a new chunk costs microseconds and a copy some tens of them, which the event loop can bear.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from logstore.storage.catalog.id_file import ChunkOrigin, all_keys, check_ids, find_id
from logstore.storage.catalog.key_filter import KeyFilter, Probe, probe_of
from logstore.storage.catalog.records import IdFile
from logstore.storage.directory import Directory
from logstore.storage.wal.format import LoggedEntry

MAX_LAYER_FILES = 128
"""Files under one filter. More make a chunk that is there slower to find, fewer make one that is not slower to deny."""

MAX_MAPPED_FILES = 64
"""Files that stay mapped; each costs a file descriptor. Fewer make copies of many generations slower to find."""

MIN_LAYER_KEYS = 1 << 20
"""Keys that a layer's filter has room for, at two to four bytes each; a larger file gets a layer of its own."""

RECENT_BYTES = 250
"""Rough cost of a chunk in the dict of recent ones."""


@dataclass(frozen=True, slots=True)
class _Shelved:
    """A file, and the filter over its keys."""

    file: IdFile
    filter: KeyFilter


@dataclass(frozen=True, slots=True)
class _Layer:
    """Some neighbouring files, and the filter over their keys."""

    filter: KeyFilter
    capacity: int
    files: tuple[_Shelved, ...]

    @property
    def keys(self) -> int:
        return sum(shelved.file.records for shelved in self.files)

    def has_room(self, file: IdFile) -> bool:
        return len(self.files) < MAX_LAYER_FILES and self.keys + file.records <= self.capacity


class ChunkMemory:
    """Remembers chunks by key. Safe from several threads.

    Of several chunks with one key (content-derived ids) the newest is remembered: it is the one whose acknowledgement
    may still be on its way.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._recent: dict[bytes, tuple[int, ChunkOrigin]] = {}
        self._layers: tuple[_Layer, ...] = ()
        self._lock = threading.Lock()
        self._mapped: OrderedDict[str, memoryview] = OrderedDict()
        self._mapping = threading.Lock()

    @property
    def recent(self) -> int:
        """Chunks remembered in memory."""
        return len(self._recent)

    @property
    def files(self) -> tuple[IdFile, ...]:
        """The chunk-id files of sealed generations, oldest first."""
        return tuple(shelved.file for layer in self._layers for shelved in layer.files)

    def remember(self, entries: Iterable[LoggedEntry]) -> None:
        """Remembers the chunks of entries that were stored, ascending by `seq`."""
        keyed = [(logged.key, logged.entry) for logged in entries if logged.entry.chunk.chunk_id is not None]
        if not keyed:
            return
        with self._lock:
            for key, entry in keyed:
                if key is not None:
                    # Taken out first, so that the dict stays in the order of `seq`.
                    self._recent.pop(key, None)
                    self._recent[key] = entry.seq, ChunkOrigin(entry.chunk.connection, entry.chunk.ordinal)

    def origin(self, key: bytes) -> ChunkOrigin | None:
        """Where the chunk with this key came from; None when no such chunk is stored or remembered.

        Raises:
            StorageError: a chunk-id file cannot be read.
        """
        recent = self._recent.get(key)
        if recent is not None:
            return recent[1]
        if not self._layers:
            return None
        probe = probe_of(key)
        for layer in reversed(self._layers):
            if layer.filter.may_hold(probe):
                found = self._look_up(layer, key, probe)
                if found is not None:
                    return found
        return None

    def recent_before(self, end_seq: int) -> list[tuple[bytes, ChunkOrigin]]:
        """The recent chunks with `seq < end_seq`, with their keys."""
        with self._lock:
            older = itertools.takewhile(lambda item: item[1][0] < end_seq, self._recent.items())
            return [(key, origin) for key, (_, origin) in older]

    def forget_before(self, end_seq: int) -> None:
        """Drops the recent chunks with `seq < end_seq`, which a file holds by now."""
        with self._lock:
            older = list(itertools.takewhile(lambda item: item[1][0] < end_seq, self._recent.items()))
            for key, _ in older:
                del self._recent[key]

    def add_file(self, file: IdFile) -> None:
        """Remembers the chunks of a sealed generation, the newest so far.

        Raises:
            StorageError: the file cannot be read.
            CorruptionError: it is damaged.
        """
        content = self._directory.map(file.name)
        check_ids(content, self._directory.path(file.name))
        layers = self._layers
        if not layers or not layers[-1].has_room(file):
            layers = (*layers, _new_layer(file))
        keys = all_keys(content)
        shelved = _Shelved(file, KeyFilter(file.records))
        shelved.filter.add(keys)
        layers[-1].filter.add(keys)
        self._layers = (*layers[:-1], replace(layers[-1], files=(*layers[-1].files, shelved)))

    def drop_files(self, names: Sequence[str]) -> None:
        """Forgets the chunks of these files."""
        gone = set(names)
        left = [
            replace(layer, files=tuple(shelved for shelved in layer.files if shelved.file.name not in gone))
            for layer in self._layers
        ]
        self._layers = tuple(layer for layer in left if layer.files)
        with self._mapping:
            for name in gone:
                self._mapped.pop(name, None)

    def _look_up(self, layer: _Layer, key: bytes, probe: Probe) -> ChunkOrigin | None:
        for shelved in reversed(layer.files):
            if shelved.filter.may_hold(probe):
                found = find_id(self._content(shelved.file.name), key)
                if found is not None:
                    return found
        return None

    def _content(self, name: str) -> memoryview:
        """A file's content; the files asked for last stay mapped."""
        with self._mapping:
            content = self._mapped.get(name)
            if content is None:
                content = self._mapped[name] = self._directory.map(name)
                if len(self._mapped) > MAX_MAPPED_FILES:
                    self._mapped.popitem(last=False)
            self._mapped.move_to_end(name)
            return content


def _new_layer(file: IdFile) -> _Layer:
    capacity = max(MIN_LAYER_KEYS, file.records)
    return _Layer(KeyFilter(capacity), capacity, ())
