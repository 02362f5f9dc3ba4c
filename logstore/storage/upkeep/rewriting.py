"""Putting parts in the place of others: in the catalog, then in the snapshot; then the old files may go.

A commit that fails may have been carried out all the same, so the catalog is asked before anything is undone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.storage.catalog.records import Catalog, Rewrite
from logstore.storage.directory import Directory
from logstore.storage.generation_numbers import GenerationNumbers
from logstore.storage.head import Head
from logstore.storage.layout import PART_SUFFIX, name_of
from logstore.storage.publish import Publisher
from logstore.storage.removal import Removals
from logstore.storage.seal import located
from logstore.storage.upkeep.marking import settled
from logstore.storage.upkeep.staleness import counted_as, is_stale


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
        self, number: int, taken: Sequence[Part], parts: Sequence[Part], erased: Sequence[Deletion] = ()
    ) -> None:
        """Makes `parts` count in the place of `taken`.

        When it fails and is not committed, the files of `parts` are removed.

        Args:
            number: from `numbers`; the one that the names of `parts` bear.
            taken: parts of the snapshot that were read to make the others, as they were then.
            parts: the new ones, whose files are durable; their paths are names in the data directory.
            erased: the deletions whose rows of `taken`, as far as they were known, the new ones do not have.

        Raises:
            StaleRewriteError: a part of `taken` is not there any more, or rows that the new ones do not have are not
                deleted any more.
            StorageError: nothing is changed as far as readers can see.
        """
        with self.lock:
            current, active = self._current(taken), self.head.latest.deletions
            if is_stale(taken, current, erased, active):
                self.publisher.discard(_files(parts))
                raise StaleRewriteError("parts have changed while they were being rewritten")
            known = settled(taken, [one for one in erased if one in active])
            parts = [replace(part, deleted=known) for part in parts]
            self._commit(number, current, parts, counted_as(taken, current, erased, active))
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
        return [there[part.path] for part in taken if part.path in there]

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
