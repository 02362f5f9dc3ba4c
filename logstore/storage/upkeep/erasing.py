"""The chore that takes deleted rows out of the files: each part that has some is rewritten without them in time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.model.deletions import known_rows, rows_of
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.generation_numbers import GenerationNumbers
from logstore.storage.head import Head
from logstore.storage.removal import Removals
from logstore.storage.steps import Steps
from logstore.storage.upkeep.deletions import Deletions
from logstore.storage.upkeep.merging import Merger, Merging
from logstore.storage.upkeep.pace import Pace
from logstore.storage.upkeep.part_access import LocalAccess, PartAccess
from logstore.storage.upkeep.rewriting import Rewriter, StaleRewriteError

_SWEEP_NS = 5 * NS_PER_SECOND
"""How often files that wait for their removal are looked at while there are some."""


@dataclass(frozen=True, slots=True)
class ErasingServices:
    """What rewriting works with; `busy_share` is the most of the time that it takes."""

    merger: Merger
    rewriter: Rewriter
    numbers: GenerationNumbers
    removals: Removals
    busy_share: float = 1.0


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


@dataclass(slots=True)
class _Job:
    """A part that is being rewritten without the rows of some deletions."""

    part: Part
    erased: tuple[Deletion, ...]
    number: int
    steps: Steps[tuple[Part, ...]]
    held: contextlib.ExitStack


class EraseChore:
    """Rewrites a part at a time, a step at a time, so that what is due besides need not wait for a large one."""

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
        self._job: _Job | None = None
        self._pace = Pace(services.busy_share, clock)
        self._swept_ns = clock.monotonic_ns()

    def due_s(self) -> float | None:
        """Until the first part is due; soon while files of rewritten ones wait for their removal."""
        if self._job is not None:
            return self._pace.due_s()
        waits = []
        if self._services.removals.waiting:
            waits.append(max(0, self._swept_ns + _SWEEP_NS - self._clock.monotonic_ns()) / NS_PER_SECOND)
        first = self._first()
        if first is not None:
            waits.append(max(0, first[0] - self._clock.now_ns()) / NS_PER_SECOND)
        return min(waits, default=None)

    def work(self) -> None:
        """A step of the part that is due first; removes the files that nobody reads any more.

        Raises:
            WorldError: nothing has changed as far as readers can see. Another part comes first next time.
        """
        first = self._first() if self._job is None else None
        if first is not None and first[0] <= self._clock.now_ns():
            with self._failing(first[1]):
                self._job = self._begun(first[1])
        elif self._job is not None:
            with self._pace.step(), self._failing(self._job.part):
                self._go_on(self._job)
        if self._job is None:
            self._swept_ns = self._clock.monotonic_ns()
            self._services.removals.sweep()

    def give_up(self) -> None:
        """Gives up the part that is being rewritten; what was written of it goes. May be called again."""
        job, self._job = self._job, None
        if job is not None:
            with job.held:
                job.steps.close()

    @contextlib.contextmanager
    def _failing(self, part: Part) -> Iterator[None]:
        """What fails is given up, and the part comes after the others."""
        try:
            yield
        except BaseException:
            self.give_up()
            self._failed |= {part.path}
            self._seen = (Snapshot(0), None)
            raise

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

    def _begun(self, part: Part) -> _Job:
        services, now_ns = self._services, self._clock.now_ns()
        due = tuple(one for one in self._head.latest.deletions if one.erase_ns <= now_ns)
        with contextlib.ExitStack() as held:
            held.enter_context(self._access.holding([part]))
            held.enter_context(services.removals.pinned())
            work = Merging((part,), frozenset(one.number for one in due), services.numbers.take(), part.level)
            return _Job(part, due, work.number, services.merger.merge(work), held.pop_all())

    def _go_on(self, job: _Job) -> None:
        try:
            next(job.steps)
        except StopIteration as end:
            try:
                with job.held:
                    self._services.rewriter.commit(job.number, [job.part], end.value, job.erased)
            except StaleRewriteError:
                # Somebody undeleted something or merged the part meanwhile, which is no failure: it begins anew.
                self._job = None
                return
            self._job = None
            self._failed -= {job.part.path}
            gone = rows_of(list(known_rows(job.part, {one.number for one in job.erased})))
            self._deletions.count_erased(len(gone))
