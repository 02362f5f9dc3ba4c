"""Making word indexes that are missing, damaged or not whole, in the background: one part at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from logstore.errors import CorruptionError, WorldError
from logstore.model.snapshot import Part, Snapshot
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.index.opened import Indexes
from logstore.storage.index.publish import publish_index
from logstore.storage.index.rebuild import read_row_groups
from logstore.storage.layout import name_of
from logstore.storage.seal import located
from logstore.storage.upkeep.loop import UpkeepLoop
from logstore.storage.upkeep.part_access import LocalAccess, PartAccess
from logstore.storage.upkeep.rewriting import Rewriter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexingCounters:
    """What the chore has done since the store was opened, and what there is.

    Attributes:
        built: indexes that were made for parts that had none, a damaged one or one of some columns, or because somebody
            asked.
        failed: parts that could not be read for it; they are left alone until somebody asks again.
        waiting: parts whose turn is yet to come.
    """

    built: int = 0
    failed: int = 0
    waiting: int = 0


class IndexChore:
    """Makes indexes. Its work is called from one thread, all else from any.

    Args:
        rewriter: what commits to the catalog and changes snapshots.
        indexes: the open ones, which know which are damaged.
        shape: how they are made; None: none are.
        access: lets it read parts; None when they are all here, and whole.
        stays: whether a part as it was sealed is not merged soon, so that a whole index is worth the while; None: of no
            part is it known.
    """

    name = "word index"

    def __init__(
        self,
        rewriter: Rewriter,
        indexes: Indexes,
        shape: IndexShape | None,
        access: PartAccess | None = None,
        stays: Callable[[Part], bool] | None = None,
    ) -> None:
        self._access = access or LocalAccess()
        self._stays = stays
        self._whole: frozenset[str | None] = frozenset()
        self._rewriter = rewriter
        self._indexes = indexes
        self._shape = shape
        self._loop: UpkeepLoop | None = None
        self._asked: frozenset[str] = frozenset()
        self._failed: frozenset[str] = frozenset()
        self._put_off: frozenset[str] = frozenset()
        self._built = 0
        self._lock = threading.Lock()
        self._looked_at: tuple[object, ...] = ()
        self._waiting: tuple[Part, ...] = ()
        self._sealed_of: tuple[object, object] = (None, None)
        self._sealed_parts: tuple[Part, ...] = ()

    def tie(self, loop: UpkeepLoop) -> None:
        """Says which loop does this chore: it is woken when there is something to do, and says when to end."""
        self._loop = loop
        self._indexes.when_damaged(loop.wake)

    @property
    def counters(self) -> IndexingCounters:
        """What it has done."""
        waiting = {part.path for part in (*self._due(), *self._incomplete())}
        return IndexingCounters(self._built, len(self._failed), len(waiting))

    def ask(self, *, everything: bool) -> int:
        """Makes indexes: where there are none, tried or not, or all of them; how many wait."""
        with self._lock:
            self._failed = frozenset()
            if everything and self._shape is not None:
                self._asked = frozenset(part.path for part in self._rewriter.head.latest.parts)
        if self._loop is not None:
            self._loop.wake()
        return len(self._due())

    def due_s(self) -> float | None:
        """0 while a part waits."""
        return 0 if self._due() or self._incomplete() else None

    def work(self) -> None:
        """Makes one index.

        Raises:
            StorageError: it cannot be written; it is tried again.
        """
        due = self._due() or self._incomplete()
        if not due or self._shape is None:
            return
        # One that cannot be had now waits for the others.
        part = next((each for each in due if each.path not in self._put_off), None)
        if part is None:
            self._put_off, part = frozenset(), due[0]
        try:
            with self._rewriter.removals.pinned(), self._access.holding([part]):
                self._make(part, self._shape)
        except CorruptionError as error:
            _log.warning("no word index can be made, queries read the part without it: %s", error)
            with self._lock:
                self._failed |= {part.path}
                self._asked -= {part.path}
        except WorldError:
            self._put_off |= {part.path}
            raise

    def _due(self) -> tuple[Part, ...]:
        """The parts that wait; newest first, for they are asked for most."""
        with self._lock:
            parts = self._rewriter.head.latest.parts
            if not self._looked_at or self._looked_at[0] is not parts:
                self._indexes.keep({part.index for part in parts})
            looked_at = (parts, self._asked, self._failed, self._indexes.damaged)
            # Asked again and again, and hardly ever is anything new.
            if len(self._looked_at) == len(looked_at) and all(map(_is, self._looked_at, looked_at)):
                return self._waiting
            self._looked_at = looked_at
            self._waiting = tuple(
                sorted((part for part in parts if self._needs(part)), key=lambda part: -part.time_max_ns)
            )
            return self._waiting

    def _incomplete(self) -> tuple[Part, ...]:
        """The parts that stay as they were sealed, with indexes that do not tell of their ids."""
        if self._shape is None or self._stays is None:
            return ()
        return tuple(
            part
            for part in self._sealed()
            if part.path not in self._failed and self._stays(part) and not self._is_whole(part)
        )

    def _sealed(self) -> tuple[Part, ...]:
        """The parts as they were sealed, but for those whose indexes are known to be whole."""
        with self._lock:
            parts = self._rewriter.head.latest.parts
            if self._sealed_of[0] is not parts or self._sealed_of[1] is not self._whole:
                there = [part for part in parts if part.level == 0 and part.index is not None]
                self._whole &= {part.index for part in there}
                self._sealed_parts = tuple(part for part in there if part.index not in self._whole)
                self._sealed_of = parts, self._whole
            return self._sealed_parts

    def _is_whole(self, part: Part) -> bool:
        """Whether its index tells of all columns, or cannot be read, for then it is made again anyway."""
        found = self._indexes.index_of(part)
        if found is None or found.index.is_whole:
            with self._lock:
                self._whole |= {part.index}
            return True
        return False

    def _needs(self, part: Part) -> bool:
        if self._shape is None or part.path in self._failed:
            return False
        return part.index is None or part.path in self._asked or part.index in self._indexes.damaged

    def _make(self, part: Part, shape: IndexShape) -> None:
        builder = IndexBuilder(shape)
        for row_group in read_row_groups(part):
            if self._loop is not None and self._loop.is_closing:
                return
            builder.add(row_group)
        rewriter = self._rewriter
        root = rewriter.directory.path("")
        named = replace(part, path=name_of(part.path, root))
        with rewriter.lock:
            if all(each.path != part.path for each in rewriter.head.latest.parts):
                return
            # Under the lock: a part that goes meanwhile would leave its new index behind.
            made = publish_index(rewriter.publisher, named, builder)
            rewriter.catalog.set_index(made.path, made.index_bytes)
            index = located(made, rewriter.directory).index

            def indexed(each: Part) -> Part:
                return replace(each, index=index, index_bytes=made.index_bytes) if each.path == part.path else each

            def swap(snapshot: Snapshot) -> Snapshot:
                return replace(snapshot, parts=tuple(map(indexed, snapshot.parts)))

            rewriter.head.change_parts(swap)
        self._indexes.renewed(str(index))
        with self._lock:
            self._asked -= {part.path}
            self._built += 1


def _is(one: object, other: object) -> bool:
    return one is other
