"""Putting parts in the place of others: in the catalog, then in the snapshot; then the old files may go.

A commit that fails may have been carried out all the same, so the catalog is asked before anything is undone.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.snapshot import Part, Snapshot
from logstore.storage.catalog.records import Catalog, Rewrite
from logstore.storage.directory import Directory
from logstore.storage.generation_numbers import GenerationNumbers
from logstore.storage.head import Head
from logstore.storage.layout import PART_SUFFIX, name_of
from logstore.storage.publish import Publisher
from logstore.storage.removal import Removals
from logstore.storage.seal import located


class StaleRewriteError(StorageError):
    """What a rewrite was made of has changed meanwhile: make it again."""


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Commits rewrites.

    Attributes:
        lock: held by whoever commits to the catalog, never while files are written.
        numbers: where rewrites get their numbers from.
    """

    directory: Directory
    publisher: Publisher
    catalog: Catalog
    head: Head
    removals: Removals
    numbers: GenerationNumbers
    clock: Clock
    lock: threading.Lock

    def commit(
        self, number: int, taken: Sequence[Part], parts: Sequence[Part], erased: Collection[int] = frozenset()
    ) -> None:
        """Makes `parts` count in the place of `taken`.

        When it fails and is not committed, the files of `parts` are removed.

        Args:
            number: from `numbers`; the one that the names of `parts` bear.
            taken: parts of the snapshot that were read to make the others, as they were then.
            parts: the new ones, whose files are durable; their paths are names in the data directory.
            erased: numbers of the deletions whose rows of `taken` the new ones do not have.

        Raises:
            StaleRewriteError: a part of `taken` is not there any more, or more of its rows are deleted by now.
            StorageError: nothing is changed as far as readers can see.
        """
        with self.lock:
            try:
                current = self._current(taken)
            except StaleRewriteError:
                self.publisher.discard(_files(parts))
                raise
            self._commit(number, current, parts, frozenset(erased))
            gone = frozenset(part.path for part in current)
            added = tuple(located(part, self.directory) for part in parts)

            def swap(snapshot: Snapshot) -> Snapshot:
                kept = tuple(part for part in snapshot.parts if part.path not in gone)
                return replace(snapshot, parts=(*kept, *added))

            self.head.change_parts(swap)
        self.removals.retire(self._names(current))

    def _current(self, taken: Sequence[Part]) -> list[Part]:
        """The same parts as they are now: what lies beside a part may have been made anew, its events never are."""
        there = {part.path: part for part in self.head.latest.parts}
        current = [there[part.path] for part in taken if part.path in there]
        if [(part.rows, part.deleted) for part in current] != [(part.rows, part.deleted) for part in taken]:
            raise StaleRewriteError("parts have changed while they were being rewritten")
        return current

    def _commit(self, number: int, taken: Sequence[Part], parts: Sequence[Part], erased: frozenset[int]) -> None:
        names = self._names(taken)
        rewrite = Rewrite(
            number,
            tuple(name for name in names if name.endswith(PART_SUFFIX)),
            tuple(names),
            tuple(parts),
            self.clock.now_ns(),
            erased,
        )
        try:
            self.catalog.rewrite(rewrite)
        except StorageError:
            # When this cannot be told either, the files stay: they may be all that the next start finds listed.
            if not self.catalog.committed_among([number]):
                self.publisher.discard(_files(parts))
                raise

    def _names(self, parts: Sequence[Part]) -> list[str]:
        """Names in the data directory of the files of parts of a snapshot."""
        root = self.directory.path("")
        return [name_of(path, root) for path in _files(parts)]


def _files(parts: Sequence[Part]) -> list[str]:
    return [name for part in parts for name in (part.path, part.index) if name is not None]
