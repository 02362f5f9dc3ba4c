"""Which chunks are stored already, so that a sender's copy is acknowledged and not stored again.

Chunks of generations that are not sealed yet are in a dict, filled from the log. Those of sealed generations are in one
sorted file per generation. Filters, each over a layer of files, tell for nearly every new chunk at once that no file
holds it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from logstore.storage.catalog.id_file import ChunkOrigin, all_keys, check_ids, find_id
from logstore.storage.catalog.key_filter import KeyFilter
from logstore.storage.catalog.records import IdFile
from logstore.storage.directory import Directory
from logstore.storage.wal.format import LoggedEntry

MAX_LAYER_FILES = 32
"""Files under one filter. More make a chunk that is there slower to find, fewer make one that is not slower to deny."""

MIN_LAYER_KEYS = 1 << 17
"""Keys that a layer's filter has room for, at two bytes each; a larger file gets a layer of its own."""

RECENT_BYTES = 250
"""Rough cost of a chunk in the dict of recent ones."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """Some neighbouring files, and the filter over their keys."""

    filter: KeyFilter
    capacity: int
    files: tuple[IdFile, ...]

    @property
    def keys(self) -> int:
        return sum(file.records for file in self.files)

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

    @property
    def recent(self) -> int:
        """Chunks remembered in memory."""
        return len(self._recent)

    @property
    def files(self) -> tuple[IdFile, ...]:
        """The chunk-id files of sealed generations, oldest first."""
        return tuple(itertools.chain.from_iterable(layer.files for layer in self._layers))

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
        for layer in reversed(self._layers):
            if layer.filter.may_hold(key):
                found = self._look_up(layer, key)
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
        layers[-1].filter.add(all_keys(content))
        self._layers = (*layers[:-1], replace(layers[-1], files=(*layers[-1].files, file)))

    def drop_files(self, names: Sequence[str]) -> None:
        """Forgets the chunks of these files."""
        gone = set(names)
        left = [
            replace(layer, files=tuple(file for file in layer.files if file.name not in gone)) for layer in self._layers
        ]
        self._layers = tuple(layer for layer in left if layer.files)

    def _look_up(self, layer: _Layer, key: bytes) -> ChunkOrigin | None:
        for file in reversed(layer.files):
            found = find_id(self._directory.map(file.name), key)
            if found is not None:
                return found
        return None


def _new_layer(file: IdFile) -> _Layer:
    capacity = max(MIN_LAYER_KEYS, file.records)
    return _Layer(KeyFilter(capacity), capacity, ())
