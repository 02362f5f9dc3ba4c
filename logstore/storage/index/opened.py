"""The word indexes of a store, opened when they are first asked. One that cannot be read tells nothing."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from logstore.errors import WorldError
from logstore.model.snapshot import Part
from logstore.model.tally import ValuesTally, VolumeTally
from logstore.storage.directory import Directory
from logstore.storage.index.codec import Codec
from logstore.storage.index.probe import OpenIndex
from logstore.storage.index.tally import LEVELS, VOLUME, values_name
from logstore.storage.layout import name_of

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

_MOST_OPEN = 1000
"""Indexes that stay open. More take some 10 KB of memory each, and an entry in the system's table of mappings."""

_MOST_KEPT_BYTES = 32 * 2**20
"""Of decoded tallies: a combination of tag, level and bin takes 8 bytes. Less has more of them decoded each time."""


@dataclass(frozen=True, slots=True)
class IndexCounters:
    """What became of questions to indexes since the store was opened.

    Attributes:
        probes: words, values and texts that were looked up in the index of a part.
        left_out: row groups that questions did not read because of them.
        damaged: indexes that turned out to be damaged.
    """

    probes: int = 0
    left_out: int = 0
    damaged: int = 0


class Indexes:
    """Opens indexes and keeps the most recently used ones open. Safe from several threads.

    Args:
        directory: where they are.
        codec: what finds keys.
    """

    def __init__(self, directory: Directory, codec: Codec) -> None:
        self._directory = directory
        self._codec = codec
        self._open: OrderedDict[str, _Index] = OrderedDict()
        self._damaged: frozenset[str] = frozenset()
        self._tallies: OrderedDict[tuple[str, str], ValuesTally | VolumeTally | None] = OrderedDict()
        self._tallied_bytes = 0
        self._probes = 0
        self._left_out = 0
        self._refused = 0
        self._when_damaged: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def when_damaged(self, callback: Callable[[], None]) -> None:
        """Calls this, from any thread, each time that one is found to be damaged."""
        self._when_damaged = callback

    @property
    def counters(self) -> IndexCounters:
        """What became of questions."""
        return IndexCounters(self._probes, self._left_out, self._refused)

    @property
    def damaged(self) -> frozenset[str]:
        """Paths of indexes that cannot be used and should be made again."""
        return self._damaged

    def index_of(self, part: Part) -> _Index | None:
        """The index of a part; None when it has none that can be used."""
        path = part.index
        if path is None or path in self._damaged:
            return None
        with self._lock:
            found = self._open.get(path)
            if found is not None:
                self._open.move_to_end(path)
                return found
        opened = self._opened(part, path)
        if opened is None:
            return None
        with self._lock:
            self._open[path] = opened
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
        return opened

    def renewed(self, path: str) -> None:
        """The index at this path was made again, or is gone."""
        with self._lock:
            self._open.pop(path, None)
            self._forget({path})
            self._damaged -= {path}

    def keep(self, paths: Collection[str | None]) -> None:
        """Closes all but these: the others are listed no longer, and what is mapped keeps its room on the disk."""
        with self._lock:
            gone = self._open.keys() - set(paths)
            for path in gone:
                del self._open[path]
            self._forget({path for path, _ in self._tallies} - set(paths))
            self._damaged &= set(paths)

    def _opened(self, part: Part, path: str) -> _Index | None:
        try:
            data = self._directory.map(name_of(path, self._directory.path("")))
            return _Index(OpenIndex(data, part, self._codec), self, path)
        except WorldError as error:
            self.refuse(path, error)
            return None

    def tally(self, path: str, name: str, read: Callable[[], _T]) -> _T:
        """What `read` gives, which is kept for those who ask next."""
        key = path, name
        with self._lock:
            if key in self._tallies:
                self._tallies.move_to_end(key)
                return self._tallies[key]  # type: ignore[return-value]
        found = read()
        with self._lock:
            if key not in self._tallies and path in self._open:
                self._tallies[key] = found  # type: ignore[assignment]
                self._tallied_bytes += _bytes(found)
                while self._tallied_bytes > _MOST_KEPT_BYTES:
                    self._tallied_bytes -= _bytes(self._tallies.popitem(last=False)[1])
        return found

    def _forget(self, paths: Collection[str]) -> None:
        for key in [key for key in self._tallies if key[0] in paths]:
            self._tallied_bytes -= _bytes(self._tallies.pop(key))

    def left_out(self, row_groups: int) -> None:
        """A question need not read so many row groups."""
        with self._lock:
            self._left_out += row_groups

    def count(self) -> None:
        """Something was looked up."""
        with self._lock:
            self._probes += 1

    def refuse(self, path: str, error: WorldError) -> None:
        """An index cannot be used: it is not asked again."""
        with self._lock:
            if path in self._damaged:
                return
            self._damaged |= {path}
            self._open.pop(path, None)
            self._forget({path})
            self._refused += 1
        self._when_damaged()
        _log.warning("a word index is not used, queries read its part without it until it is made again: %s", error)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class _Index:
    """An open index that tells nothing once it turns out to be damaged. Its answers are those of `OpenIndex`."""

    index: OpenIndex
    indexes: Indexes
    path: str

    def with_word(self, column: str, word: str) -> int | None:
        """The row groups in which the column may hold a word."""
        return self._asked(lambda: self.index.with_word(column, word))

    def with_value(self, column: str, value: str) -> int | None:
        """The row groups in which the column may have a value."""
        return self._asked(lambda: self.index.with_value(column, value))

    def with_text(self, column: str, text: str) -> int | None:
        """The row groups in which the column may hold these characters."""
        return self._asked(lambda: self.index.with_text(column, text))

    def values(self, column: str) -> ValuesTally | None:
        """How many rows have each value of the column."""
        return self._guarded(
            lambda: self.indexes.tally(self.path, values_name(column), lambda: self.index.values(column))
        )

    def volume(self, *, by_tag: bool) -> VolumeTally | None:
        """How many rows there are by level and bin of time, and by tag if wanted."""
        name = VOLUME if by_tag else LEVELS
        return self._guarded(lambda: self.indexes.tally(self.path, name, lambda: self.index.volume(by_tag=by_tag)))

    def _asked(self, ask: Callable[[], int | None]) -> int | None:
        self.indexes.count()
        return self._guarded(ask)

    def _guarded(self, ask: Callable[[], _T | None]) -> _T | None:
        try:
            return ask()
        except WorldError as error:
            self.indexes.refuse(self.path, error)
            return None


def _bytes(tally: object) -> int:
    return tally.bytes if isinstance(tally, ValuesTally | VolumeTally) else 0
