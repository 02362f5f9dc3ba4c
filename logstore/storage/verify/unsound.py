"""What becomes of parts in which damage is found while a store is open.

A query leaves such a part out at once, and so does every query after it. The catalog is told by the upkeep thread,
since a seal may be holding it for seconds; when the process dies before, the damage is found again at the next read.
Then the file is moved to `quarantine/`, as soon as nobody can be reading it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from logstore.errors import CorruptionError, StorageError
from logstore.model.snapshot import Part, PartRead, Snapshot
from logstore.storage.catalog.records import Catalog
from logstore.storage.directory import Directory, MissingFileError, UnreadableError
from logstore.storage.head import Head
from logstore.storage.layout import name_of, quarantine_name
from logstore.storage.removal import Removals
from logstore.storage.verify.reading import CheckedParts

_log = logging.getLogger(__name__)


class Unsound:
    """Finds parts that must not be read, and takes them out of the store. Safe from several threads; a chore.

    Args:
        directory: where they are.
        catalog, head, removals: who has to know.
        lock: held by whoever commits to the catalog.

    Attributes:
        checked: what is known to be sound.
        taken_out: parts that were taken out since the store was opened.
    """

    def __init__(
        self, directory: Directory, catalog: Catalog, head: Head, removals: Removals, lock: threading.Lock
    ) -> None:
        self.checked = CheckedParts(directory)
        self.taken_out = 0
        self._directory = directory
        self._catalog = catalog
        self._head = head
        self._removals = removals
        self._lock = lock
        self._found: dict[str, str] = {}
        self._on_found: Callable[[], None] = lambda: None
        self._heal: Callable[[Part], bool] = lambda _: False

    def start(self, on_found: Callable[[], None], heal: Callable[[Part], bool]) -> None:
        """From now on `on_found` is called when there is something to do; from any thread.

        `heal` puts a good file in the place of a damaged or missing one when there is another copy; whether it did.
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
            if self._heal(read.part):
                return self._is_sound_at_last(read)
            self.take_out(read.part, error)
            return False
        return True

    def _is_sound_at_last(self, read: PartRead) -> bool:
        try:
            self.checked.check(read)
        except (CorruptionError, MissingFileError, UnreadableError) as error:
            self.take_out(read.part, error)
            return False
        return True

    def take_out(self, part: Part, why: StorageError | CorruptionError) -> None:
        """From now on nothing is read from this part, in which damage was found."""
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
        self._found[name_of(part.path, self._directory.path(""))] = why.message
        self._on_found()

    def due_s(self) -> float | None:
        """At once, when there is something to tell the catalog."""
        return 0 if self._found else None

    def work(self) -> None:
        """Tells the catalog, and lets the files be moved."""
        found = dict(self._found)
        with self._lock:
            self._catalog.mark_unfit(found)
        self._removals.set_aside({name: quarantine_name(name) for name in found})
        for name in found:
            del self._found[name]
        self._removals.sweep()
