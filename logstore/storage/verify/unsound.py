"""What becomes of parts in which damage is found while a store is open.

A query leaves such a part out at once, and so does every query after it. The catalog is told by the upkeep thread,
since a seal may be holding it for seconds; when the process dies before, the damage is found again at the next read.
Then the file is moved to `quarantine/`, as soon as nobody can be reading it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from enum import Enum

from logstore.clock import Clock
from logstore.errors import CorruptionError, StorageError
from logstore.model.schema import MORE
from logstore.model.snapshot import Part, PartRead, Snapshot
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.records import Catalog
from logstore.storage.directory import Directory, MissingFileError, UnreadableError
from logstore.storage.head import Head
from logstore.storage.layout import name_of, quarantine_name
from logstore.storage.removal import Removals
from logstore.storage.verify.reading import CheckedParts, is_sound

_log = logging.getLogger(__name__)

_LOOK_S = 5.0
"""How often it is looked whether a part was brought back. Oftener shows it earlier; each look is a call for each part
that is not back."""


class Healing(Enum):
    """What became of the attempt to put a good file in the place of a damaged one."""

    NONE = "none"
    """There is no other copy."""
    HEALED = "healed"
    """There is a good file now."""
    LATER = "later"
    """There is another copy, which cannot be had now."""


class Unsound:
    """Finds parts that must not be read, and takes them out of the store. Safe from several threads; a chore.

    Args:
        directory: where they are.
        catalog, head, removals: who has to know.
        clock: says when to look whether a part is back.
        lock: held by whoever commits to the catalog.

    Attributes:
        checked: what is known to be sound.
        taken_out: parts that were taken out since the store was opened.
    """

    def __init__(
        self,
        directory: Directory,
        catalog: Catalog,
        head: Head,
        removals: Removals,
        clock: Clock,
        lock: threading.Lock,
    ) -> None:
        self.checked = CheckedParts(directory)
        self.taken_out = 0
        self._directory = directory
        self._catalog = catalog
        self._head = head
        self._removals = removals
        self._clock = clock
        self._lock = lock
        self._next_look_ns = 0
        self._found: dict[str, str] = {}
        self._on_found: Callable[[], None] = lambda: None
        self._heal: Callable[[Part], Healing] = lambda _: Healing.NONE

    def start(self, on_found: Callable[[], None], heal: Callable[[Part], Healing]) -> None:
        """From now on `on_found` is called when there is something to do, from any thread.

        `heal` puts a good file in the place of a damaged or missing one when there is another copy.
        """
        self._on_found = on_found
        self._heal = heal

    @property
    def name(self) -> str:
        """What it is called."""
        return "quarantine"

    def unfit(self, reads: Sequence[PartRead]) -> list[Part]:
        """Those of the parts that must not be read; see `query.source.Source`."""
        return [read.part for read in reads if not self.is_sound(read)]

    def is_sound(self, read: PartRead) -> bool:
        """Whether what is to be read of a part is what was written."""
        try:
            self.checked.check(read)
        except (CorruptionError, MissingFileError, UnreadableError) as error:
            if self.take_out(read.part, error) is not Healing.HEALED:
                return False
        else:
            return True
        try:
            self.checked.check(read)
        except (CorruptionError, MissingFileError, UnreadableError) as error:
            # The other copy is no better.
            self._leave_out(read.part, error)
            return False
        return True

    def is_whole(self, part: Part) -> bool:
        """Whether all of a part is what was written. If not, it is taken out."""
        names = {column.name for column in part.columns} | ({MORE} if part.has_more else set())
        return self.is_sound(PartRead(part, frozenset(names), tuple(range(len(part.row_groups)))))

    def is_here(self, part: Part) -> bool:
        """Whether a part's file should be on the local disk: it is there, or there is no other copy."""
        return part.remote is None or self._directory.exists(self._name(part))

    def take_out(self, part: Part, why: StorageError | CorruptionError) -> Healing:
        """From now on nothing is read from this part, in which damage was found; unless there is another copy."""
        healing = self._heal(part)
        if healing is Healing.NONE:
            self._leave_out(part, why)
        return healing

    def _leave_out(self, part: Part, why: StorageError | CorruptionError) -> None:
        is_new = False

        def leave_out(snapshot: Snapshot) -> Snapshot:
            nonlocal is_new
            there = [one for one in snapshot.parts if one.path == part.path]
            is_new = bool(there)
            kept = tuple(one for one in snapshot.parts if one.path != part.path)
            return replace(snapshot, parts=kept, unfit=(*snapshot.unfit, *there))

        self._head.change_parts(leave_out)
        if not is_new:
            return
        self.taken_out += 1
        _log.error("%s; answers lack its %d events until it is restored", why, part.rows)
        self._found[self._name(part)] = why.message
        self._on_found()

    def forget(self, names: Collection[str]) -> None:
        """These parts are given up, by name: answers lack them no longer."""
        gone = {self._directory.path(name) for name in names}

        def leave_out(snapshot: Snapshot) -> Snapshot:
            return replace(snapshot, unfit=tuple(part for part in snapshot.unfit if part.path not in gone))

        self._head.change_parts(leave_out)

    def due_s(self) -> float | None:
        """At once, when there is something to tell the catalog; now and then while a part may be brought back."""
        if self._found:
            return 0
        if not self._head.latest.unfit:
            return None
        return max(0.0, (self._next_look_ns - self._clock.monotonic_ns()) / NS_PER_SECOND)

    def work(self) -> None:
        """Tells the catalog, lets the files be moved, and lists again what was brought back."""
        if self._found:
            self._tell()
        self._removals.sweep()
        self._next_look_ns = self._clock.monotonic_ns() + int(_LOOK_S * NS_PER_SECOND)
        for part in self._head.latest.unfit:
            if self._is_back(part):
                self._relist(part)

    def _tell(self) -> None:
        found = dict(self._found)
        parts = {self._name(part): part for part in self._head.latest.unfit}
        with self._lock:
            self._catalog.mark_unfit(found)
        aside = {name: quarantine_name(name) for name in found}
        self._removals.set_aside(aside, lambda name: is_sound(self.checked, parts[name]))
        for name in found:
            self._found.pop(name, None)

    def _is_back(self, part: Part) -> bool:
        """Whether a good file is where the part's was."""
        name = self._name(part)
        # The damaged one is there until nobody can be reading it.
        is_moving = name in self._found or self._removals.waits_for(name)
        return not is_moving and self._directory.exists(name) and is_sound(self.checked, part)

    def _relist(self, part: Part) -> None:
        with self._lock:
            self._catalog.mark_fit([self._name(part)])

        def take_back(snapshot: Snapshot) -> Snapshot:
            left = tuple(one for one in snapshot.unfit if one.path != part.path)
            there = any(one.path == part.path for one in snapshot.parts)
            return replace(snapshot, parts=snapshot.parts if there else (*snapshot.parts, part), unfit=left)

        self._head.change_parts(take_back)
        _log.info("%s is back: its %d events are in answers again", part.path, part.rows)

    def _name(self, part: Part) -> str:
        return name_of(part.path, self._directory.path(""))
