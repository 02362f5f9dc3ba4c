"""The chore that finds out which rows of which parts deletions cover, and that ends deletions of which none is left.

Until a deletion is looked up in a part, every query that reads the part tests each of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from logstore.clock import Clock
from logstore.errors import WorldError
from logstore.model.deletions import pending, touches
from logstore.model.row_set import pack
from logstore.model.snapshot import DeletedRows, Deletion, Part, Snapshot
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.head import Head
from logstore.storage.removal import Removals
from logstore.storage.upkeep.deletions import Deletions
from logstore.storage.upkeep.part_access import LocalAccess, PartAccess
from logstore.storage.upkeep.row_finder import RowFinder

_POLL_S = 2.0
"""How often new parts are looked for while a deletion may cover rows of them."""

_PIECE_NS = 1 * NS_PER_SECOND
"""A piece of work ends about so long after its beginning: its commit costs a sync, and others wait for the thread."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there is to look up in a snapshot, by identity: it is worked out once for each."""

    parts: tuple[Part, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    pairs: tuple[tuple[Part, Deletion], ...] = ()


class LookupChore:
    """Looks deletions up in parts, those first that have not failed."""

    name = "deletion lookup"

    def __init__(
        self,
        deletions: Deletions,
        finder: RowFinder,
        head: Head,
        removals: Removals,
        clock: Clock,
        access: PartAccess | None = None,
    ) -> None:
        self._access = access or LocalAccess()
        self._deletions = deletions
        self._finder = finder
        self._head = head
        self._removals = removals
        self._clock = clock
        self._seen = _Seen()
        self._failed: frozenset[tuple[str, int]] = frozenset()
        self._last_files: dict[int, frozenset[str]] = {}

    @property
    def pending(self) -> int:
        """Pairs of part and deletion that are not looked up yet."""
        return len(self._pairs())

    def due_s(self) -> float | None:
        """Now while there are pairs to look up or deletions to end; now and then while a deletion is active."""
        if self._deletions.is_owed or self._pairs() or self._finished() is not None:
            return 0
        return _POLL_S if self._head.latest.deletions else None

    def work(self) -> None:
        """Looks up some pairs, and commits what was found in one step; else ends a deletion.

        Raises:
            WorldError: some could not be looked up, or it could not be committed; they are tried again.
        """
        self._deletions.settle()
        pairs = sorted(self._pairs(), key=lambda pair: (pair[0].path, pair[1].number) in self._failed)
        if pairs:
            self._look_up(pairs)
        elif (number := self._finished()) is not None:
            self._deletions.finish(number)
            self._last_files.pop(number, None)

    def _look_up(self, pairs: list[tuple[Part, Deletion]]) -> None:
        start_ns = self._clock.monotonic_ns()
        found: list[tuple[Part, DeletedRows]] = []
        failure: WorldError | None = None
        with self._removals.pinned():
            for part, deletion in pairs:
                try:
                    with self._access.holding([part]):
                        rows = self._finder.find(part, deletion)
                except WorldError as error:
                    failure = error
                    self._failed |= {(part.path, deletion.number)}
                else:
                    found.append((part, DeletedRows(deletion.number, len(rows), pack(rows))))
                    self._failed -= {(part.path, deletion.number)}
                if self._clock.monotonic_ns() - start_ns > _PIECE_NS:
                    break
        if found:
            self._deletions.mark(found)
        elif failure is not None:
            raise failure

    def _pairs(self) -> tuple[tuple[Part, Deletion], ...]:
        snapshot, seen = self._head.latest, self._seen
        if snapshot.parts is not seen.parts or snapshot.deletions is not seen.deletions:
            found = ((part, one) for part in snapshot.parts for one in pending(part, snapshot.deletions))
            self._seen = _Seen(snapshot.parts, snapshot.deletions, tuple(found))
        return self._seen.pairs

    def _finished(self) -> int | None:
        """A deletion that can end: all that it covered is gone, the files too."""
        if self._pairs():
            return None
        snapshot = self._head.latest
        for deletion in snapshot.deletions:
            # A part that cannot be read now may be restored, with rows that are deleted.
            if any(touches(deletion, part) for part in snapshot.unfit):
                self._last_files.pop(deletion.number, None)
                continue
            if self._deletions.is_kept_up(deletion) or not self._is_gone(snapshot, deletion):
                self._last_files.pop(deletion.number, None)
                continue
            # The files that the last of its rows were in are removed when nobody reads them any more.
            waiting = self._removals.names
            if not self._last_files.setdefault(deletion.number, waiting) & waiting:
                return deletion.number
        return None

    def _is_gone(self, snapshot: Snapshot, deletion: Deletion) -> bool:
        """Whether nothing of it is in memory, in the log, or in a part that is listed."""
        if self._head.sealing is not None or self._head.open.first_seq <= deletion.seq:
            return False
        found = (each for part in snapshot.parts for each in part.deleted)
        return not any(each.count for each in found if each.deletion == deletion.number)
