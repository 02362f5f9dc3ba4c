"""The chore that takes deleted rows out of the files: each part that has some is rewritten without them in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from logstore.clock import Clock
from logstore.errors import WorldError
from logstore.model.deletions import known_rows, rows_of
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.generation_numbers import GenerationNumbers
from logstore.storage.head import Head
from logstore.storage.removal import Removals
from logstore.storage.steps import finished
from logstore.storage.upkeep.deletions import Deletions
from logstore.storage.upkeep.marking import settled
from logstore.storage.upkeep.merging import Merger, Merging
from logstore.storage.upkeep.part_access import LocalAccess, PartAccess
from logstore.storage.upkeep.rewriting import Rewriter

_SWEEP_NS = 5 * NS_PER_SECOND
"""How often files that wait for their removal are looked at while there are some."""


@dataclass(frozen=True, slots=True)
class ErasingServices:
    """What rewriting works with."""

    merger: Merger
    rewriter: Rewriter
    numbers: GenerationNumbers
    removals: Removals


def erase_due_ns(part: Part, deletions: Mapping[int, Deletion]) -> int | None:
    """From when on a part should be rewritten without its deleted rows, in UTC nanoseconds; None: there are none.

    `deletions` are the active ones, by number.
    """
    dues = (_due_ns(part, deletions[each.deletion]) for each in known_rows(part, deletions))
    return min((due for due in dues if due is not None), default=None)


def _due_ns(part: Part, deletion: Deletion) -> int | None:
    if deletion.rule:
        # The end of a rule's window moves: a part is rewritten when it has moved past all of it.
        return deletion.erase_ns if deletion.window.covers(part.time_min_ns, part.time_max_ns) else None
    return deletion.erase_ns


class EraseChore:
    """Rewrites a part at a time."""

    name = "erasing"

    def __init__(
        self,
        deletions: Deletions,
        services: ErasingServices,
        head: Head,
        clock: Clock,
        access: PartAccess | None = None,
    ) -> None:
        self._access = access or LocalAccess()
        self._deletions = deletions
        self._services = services
        self._head = head
        self._clock = clock
        self._seen: tuple[Snapshot, tuple[int, Part] | None] = (Snapshot(0), None)
        self._failed: frozenset[str] = frozenset()
        self._swept_ns = clock.monotonic_ns()

    def due_s(self) -> float | None:
        """Until the first part is due; soon while files of rewritten ones wait for their removal."""
        waits = []
        if self._services.removals.waiting:
            waits.append(max(0, self._swept_ns + _SWEEP_NS - self._clock.monotonic_ns()) / NS_PER_SECOND)
        first = self._first()
        if first is not None:
            waits.append(max(0, first[0] - self._clock.now_ns()) / NS_PER_SECOND)
        return min(waits, default=None)

    def work(self) -> None:
        """Rewrites the part that is due first; removes the files that nobody reads any more.

        Raises:
            WorldError: nothing has changed as far as readers can see. Another part comes first next time.
        """
        first = self._first()
        if first is not None and first[0] <= self._clock.now_ns():
            try:
                with self._access.holding([first[1]]):
                    self._rewrite(first[1])
            except WorldError:
                self._failed |= {first[1].path}
                self._seen = (Snapshot(0), None)
                raise
            self._failed -= {first[1].path}
        self._swept_ns = self._clock.monotonic_ns()
        self._services.removals.sweep()

    def _first(self) -> tuple[int, Part] | None:
        """The part that is due first, and when."""
        snapshot = self._head.latest
        seen, first = self._seen
        if snapshot.parts is not seen.parts or snapshot.deletions is not seen.deletions:
            deletions = {one.number: one for one in snapshot.deletions}
            dues = ((erase_due_ns(part, deletions), part) for part in snapshot.parts if part.deleted)
            found = [(due, part) for due, part in dues if due is not None]
            # One that failed waits for the others, however long it is due.
            first = min(found, key=lambda each: (each[1].path in self._failed, each[0]), default=None)
            self._seen = (snapshot, first)
        return first

    def _rewrite(self, part: Part) -> None:
        services, snapshot = self._services, self._head.latest
        due = [one for one in snapshot.deletions if one.erase_ns <= self._clock.now_ns()]
        erased = {one.number for one in due}
        rows = rows_of(list(known_rows(part, erased)))
        number = services.numbers.take()
        with services.removals.pinned():
            work = Merging((part,), frozenset(erased), number, part.level)
            written = finished(services.merger.merge(work))
        known = settled([part], due)
        parts = [replace(each, deleted=known) for each in written]
        services.rewriter.commit(number, [part], parts, erased)
        self._deletions.count_erased(len(rows))
