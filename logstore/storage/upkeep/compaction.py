"""Compaction: what is done of the plan, a step at a time, with pauses in between so that ingest goes first.

Whatever happens on the way, the parts that are merged count until the new ones do, in one commit. A merge that is given
up, because it failed or because what it reads was changed, leaves nothing and is planned anew.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from logstore.errors import CorruptionError, StorageError, WorldError
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.steps import Steps
from logstore.storage.upkeep.compaction_plan import CompactionRules, Merge, is_over, plan
from logstore.storage.upkeep.merging import Merger, Merging
from logstore.storage.upkeep.pace import Pace
from logstore.storage.upkeep.part_access import LocalAccess, PartAccess
from logstore.storage.upkeep.rewriting import Rewriter, StaleRewriteError

_log = logging.getLogger(__name__)

_LOOK_S = 30.0
"""So often it is looked whether an hour or a day is over. Longer merges later, shorter costs a plan more often."""


@dataclass(frozen=True, slots=True)
class CompactionCounters:
    """What compaction has done since the store was opened, and what is planned.

    Attributes:
        merges: merges that were committed, by reason.
        stale: merges that were given up because what they read had changed.
        parts_in, parts_out, rows_in, rows_out, bytes_in, bytes_out: of the committed ones.
        busy_ns: time that was worked, with what was given up.
        planned_merges, planned_bytes: the backlog, the merge under way included.
        damaged: parts that could not be read, and are left alone.
    """

    merges: dict[str, int] = field(default_factory=dict)
    stale: int = 0
    parts_in: int = 0
    parts_out: int = 0
    rows_in: int = 0
    rows_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    busy_ns: int = 0
    planned_merges: int = 0
    planned_bytes: int = 0
    damaged: int = 0


@dataclass(slots=True)
class _Job:
    """A merge under way; `erased` are the deletions whose rows are left out."""

    merge: Merge
    work: Merging
    erased: tuple[Deletion, ...]
    steps: Steps[tuple[Part, ...]]
    held: contextlib.ExitStack


class Compaction:
    """Merges parts as `compaction_plan` says. A `Chore`.

    Args:
        merger: makes new parts.
        rewriter: makes them count.
        rules: what parts should become.
        busy_share: most of the time that it works, more than 0 and at most 1.
        access: lets it read parts; None when they are all here, and whole.
        has_room: whether so many bytes may be written.
    """

    name = "compaction"

    def __init__(
        self,
        merger: Merger,
        rewriter: Rewriter,
        rules: CompactionRules,
        busy_share: float,
        access: PartAccess | None = None,
        has_room: Callable[[int], bool] = lambda _: True,
    ) -> None:
        self._has_room = has_room
        self._access = access or LocalAccess()
        self._merger = merger
        self._rewriter = rewriter
        self._head = rewriter.head
        self._removals = rewriter.removals
        self._clock = rewriter.clock
        self._rules = rules
        self._pace = Pace(busy_share, rewriter.clock)
        self._job: _Job | None = None
        self._planned_for: tuple[Part, ...] | None = None
        self._next_look_ns = 0
        self._damaged: set[str] = set()
        self._put_off: set[str] = set()
        self.counters = CompactionCounters()

    def due_s(self) -> float | None:
        """See `Chore`."""
        now_ns = self._clock.monotonic_ns()
        if self._job is not None:
            return self._pace.due_s()
        if self._planned_for is not self._head.latest.parts:
            return 0
        return max(0.0, (self._next_look_ns - now_ns) / NS_PER_SECOND)

    def work(self) -> None:
        """See `Chore`: a plan, or a step of a merge."""
        with self._pace.step():
            try:
                if self._job is None:
                    self._begin()
                else:
                    self._go_on(self._job)
            except BaseException:
                self.give_up()
                raise
        self.counters = replace(self.counters, busy_ns=self._pace.busy_ns)

    def leaves(self, part: Part) -> bool:
        """Whether a part stays as it is for some time: its hour is over, and there is nothing to merge."""
        is_idle = self._job is None and not self.counters.planned_merges
        return is_idle and is_over(part, self._clock.now_ns(), self._rules)

    def give_up(self) -> None:
        """Gives up the merge that is under way; what it has written goes. May be called again."""
        job, self._job = self._job, None
        if job is not None:
            with job.held:
                job.steps.close()

    def _begin(self) -> None:
        snapshot = self._head.latest
        merges = self._plan(snapshot)
        self._count_planned(merges)
        if not merges:
            self._planned_for = snapshot.parts
            self._next_look_ns = self._clock.monotonic_ns() + int(_LOOK_S * NS_PER_SECOND)
            self._removals.sweep()
            return
        # Parts that cannot be had now, because object storage is down, do not keep the others waiting.
        free = [one for one in merges if self._put_off.isdisjoint(part.path for part in one.parts)]
        if not free:
            self._put_off, free = set(), list(merges)
        merge, due = free[0], self._due(snapshot)
        if not self._has_room(merge.bytes):
            raise StorageError("parts are not merged, the disk is nearly full", "free some space")
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(self._access.holding(merge.parts))
            except WorldError:
                self._put_off |= {part.path for part in merge.parts}
                raise
            kept = held.pop_all()
        erased = frozenset(deletion.number for deletion in due)
        work = Merging(merge.parts, erased, self._rewriter.numbers.take(), merge.level)
        self._job = _Job(merge, work, due, self._merger.merge(work), kept)

    def _plan(self, snapshot: Snapshot) -> tuple[Merge, ...]:
        self._damaged &= {part.path for part in snapshot.parts}
        parts = [part for part in snapshot.parts if part.path not in self._damaged]
        return plan(parts, self._clock.now_ns(), self._rules)

    def _due(self, snapshot: Snapshot) -> tuple[Deletion, ...]:
        """The deletions whose rows may go for good."""
        now_ns = self._clock.now_ns()
        return tuple(deletion for deletion in snapshot.deletions if deletion.erase_ns <= now_ns)

    def _go_on(self, job: _Job) -> None:
        try:
            next(job.steps)
        except StopIteration as end:
            self._job = None
            with job.held:
                self._commit(job, end.value)
        except CorruptionError as error:
            self._leave_alone(job, error)

    def _commit(self, job: _Job, parts: Sequence[Part]) -> None:
        try:
            self._rewriter.commit(job.work.number, job.merge.parts, parts, job.erased)
        except StaleRewriteError:
            self.counters = replace(self.counters, stale=self.counters.stale + 1)
            return
        self._count(job.merge, parts)
        self._removals.sweep()

    def _leave_alone(self, job: _Job, error: CorruptionError) -> None:
        """A damaged part is not merged any more; when it is not known which one it is, none of them is."""
        self._job = None
        job.held.close()
        found = {part.path for part in job.merge.parts}
        self._damaged |= {error.path} & found or found
        self.counters = replace(self.counters, damaged=len(self._damaged))
        _log.error("parts that cannot be read are not merged: %s", error)

    def _count(self, merge: Merge, parts: Sequence[Part]) -> None:
        before = self.counters
        merges = Counter(before.merges)
        merges[merge.reason.value] += 1
        self.counters = replace(
            before,
            merges=dict(merges),
            parts_in=before.parts_in + len(merge.parts),
            parts_out=before.parts_out + len(parts),
            rows_in=before.rows_in + merge.rows,
            rows_out=before.rows_out + sum(part.rows for part in parts),
            bytes_in=before.bytes_in + merge.bytes,
            bytes_out=before.bytes_out + sum(part.bytes for part in parts),
        )
        size = sum(part.bytes for part in parts)
        _log.info(
            "merged %d parts of %d rows and %d bytes into %d of %d bytes (%s)",
            len(merge.parts), merge.rows, merge.bytes, len(parts), size, merge.reason.value,
        )  # fmt: skip

    def _count_planned(self, merges: Sequence[Merge]) -> None:
        planned = sum(merge.bytes for merge in merges)
        self.counters = replace(self.counters, planned_merges=len(merges), planned_bytes=planned)
