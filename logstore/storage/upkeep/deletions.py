"""Deletions: made, undone and ended, in the catalog first and then in the snapshot that everybody reads.

A commit that fails may have been carried out all the same. Then the catalog is read again; when it cannot be, that is
owed until it can, and made good by the upkeep thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from logstore.clock import Clock
from logstore.errors import CallerError, StorageError
from logstore.model.deletions import pending
from logstore.model.snapshot import DeletedRows, Deletion, Part, Snapshot
from logstore.model.timespan import NS_PER_SECOND, TimeSpan
from logstore.storage.catalog.records import Catalog, DeletionRecord, DeletionState, NewDeletion
from logstore.storage.directory import Directory
from logstore.storage.head import Head
from logstore.storage.layout import name_of
from logstore.storage.upkeep.marking import added, committed, marked, same_in, without

_log = logging.getLogger(__name__)

MOST_ACTIVE = 1000
"""Deletions that are active at a time. Each that is not looked up everywhere is a condition in every query."""


@dataclass(frozen=True, slots=True)
class DeletionOrder:
    """What is to be deleted.

    Attributes:
        search: a search in its canonical text, which means the same whenever it is read.
        window: only events of this time.
        made_by: who orders it.
        erase_at_once: its rows go from the files as soon as can be, so that it cannot be undone for long.
    """

    search: str
    window: TimeSpan
    made_by: str
    erase_at_once: bool = False


@dataclass(frozen=True, slots=True)
class DeletionStatus:
    """A deletion, and in how many parts it is not looked up yet."""

    record: DeletionRecord
    pending_parts: int


@dataclass(frozen=True, slots=True)
class UndoneDeletion:
    """A deletion that was undone: what it covered that was known, and what is gone from the files for good."""

    number: int
    restored: int
    gone: int


@dataclass(frozen=True, slots=True)
class DeletionCounters:
    """What has been done since the store was opened.

    Attributes:
        made, undone, done: deletions, those of retention rules not among the made ones.
        looked_up: pairs of part and deletion whose rows were found.
        erased_rows: rows that were taken out of the files.
        erased_parts: parts that were rewritten, or that went as a whole, for it.
    """

    made: int = 0
    undone: int = 0
    done: int = 0
    looked_up: int = 0
    erased_rows: int = 0
    erased_parts: int = 0


@dataclass(frozen=True, slots=True)
class RuleDeletion:
    """A deletion that a retention rule makes, perhaps in the place of its older one."""

    rule: str
    search: str
    window: TimeSpan
    older: Deletion | None


@dataclass(frozen=True, slots=True)
class DeletionTerms:
    """How deletions are carried out.

    Attributes:
        erase_after_s: so long after it was made the rows of a deletion are taken out of the files.
        rules: names of the retention rules in force.
    """

    erase_after_s: float
    rules: frozenset[str] = frozenset()


class Deletions:
    """The deletions of a store. Safe from several threads.

    Args:
        directory: the data directory.
        catalog: where they are kept.
        head: whose snapshot they are in.
        clock: dates them.
        lock: held by whoever commits to the catalog.
        terms: how deletions are carried out.
    """

    def __init__(
        self,
        directory: Directory,
        catalog: Catalog,
        head: Head,
        clock: Clock,
        lock: threading.Lock,
        terms: DeletionTerms,
    ) -> None:
        self._directory = directory
        self._catalog = catalog
        self._head = head
        self._clock = clock
        self._lock = lock
        self._terms = terms
        self._erase_after_ns = int(terms.erase_after_s * NS_PER_SECOND)
        self._is_owed = False
        self.counters = DeletionCounters()

    @property
    def is_owed(self) -> bool:
        """Whether the snapshot may differ from what is committed, because the catalog could not be asked."""
        return self._is_owed

    @property
    def latest(self) -> Snapshot:
        """The snapshot as it is."""
        return self._head.latest

    def is_kept_up(self, deletion: Deletion) -> bool:
        """Whether a retention rule in force renews it, so that it never ends by itself."""
        return deletion.rule in self._terms.rules

    def make(self, order: DeletionOrder) -> Deletion:
        """Deletes the events that match and were acknowledged before the call; no snapshot taken later has them.

        Raises:
            CallerError: too many deletions are active.
            StorageError: it is not known to be durable; `deletions` tells whether it was made all the same.
        """
        # Waits until everything that was acknowledged has its place, so that `seq` is beyond it.
        seq = self._head.snapshot().seq
        with self._lock:
            if len(self.latest.deletions) >= MOST_ACTIVE:
                hint = "wait until some are done, or put the searches together with OR"
                raise CallerError(f"{MOST_ACTIVE:,} deletions are active already", hint)
            now_ns = self._clock.now_ns()
            erase_ns = now_ns if order.erase_at_once else now_ns + self._erase_after_ns
            new = NewDeletion(order.search, order.window, seq, now_ns, erase_ns, order.made_by)
            deletion = self._add(new)
        self.counters = replace(self.counters, made=self.counters.made + 1)
        _log.warning(
            "deletion %d by %r: %r, times from %s to %s, events up to %d",
            deletion.number,
            order.made_by,
            deletion.search,
            _told(order.window.start_ns),
            _told(order.window.end_ns),
            seq,
        )
        return deletion

    def make_rule(self, wanted: RuleDeletion) -> Deletion:
        """Like `make`, for a retention rule, in the place of its older deletion.

        What that one covers in parts that lie within both is taken over.
        """
        seq = self._head.snapshot().seq
        with self._lock:
            snapshot, now_ns = self.latest, self._clock.now_ns()
            older = wanted.older
            inherits = [] if older is None else same_in(snapshot.parts, older, wanted.window)
            new = NewDeletion(
                wanted.search, wanted.window, seq, now_ns, now_ns, f"retention rule {wanted.rule}", wanted.rule,
                replaces=None if older is None else older.number,
                inherits=tuple(name_of(part.path, self._directory.path("")) for part in inherits),
            )  # fmt: skip
            return self._add(new, frozenset(part.path for part in inherits))

    def undo(self, number: int) -> UndoneDeletion:
        """Makes the events of an active deletion visible again, but for those that are gone from the files.

        Raises:
            CallerError: there is no such deletion, or it is not active.
            StorageError: it is not known to be undone; `deletions` tells.
        """
        with self._lock:
            record = self._active_record(number)
            self._end(number, DeletionState.UNDONE)
        self.counters = replace(self.counters, undone=self.counters.undone + 1)
        _log.warning("deletion %d is undone: %d rows are gone for good", number, record.gone)
        return UndoneDeletion(number, record.marked, record.gone)

    def statuses(self) -> tuple[DeletionStatus, ...]:
        """Every deletion that is known, newest first.

        Raises:
            StorageError: the catalog cannot be read.
        """
        return statuses_of(self._catalog.deletions(), self.latest.parts)

    def mark(self, found: Sequence[tuple[Part, DeletedRows]]) -> None:
        """Takes note of which rows of parts deletions cover.

        Raises:
            StorageError: it is not known to be durable; the next look finds out.
        """
        with self._lock:
            named = [(name_of(part.path, self._directory.path("")), each) for part, each in found]
            try:
                self._catalog.add_deleted_rows(named)
            except StorageError:
                self._reload()
                raise
            by_path: dict[str, list[DeletedRows]] = {}
            for part, each in found:
                by_path.setdefault(part.path, []).append(each)
            self._head.change_parts(lambda snapshot: marked(snapshot, by_path))
        self.counters = replace(self.counters, looked_up=self.counters.looked_up + len(found))

    def finish(self, number: int) -> None:
        """Ends a deletion of which no file holds any event.

        Raises:
            StorageError: it is not known to have ended.
        """
        with self._lock:
            if any(one.number == number for one in self.latest.deletions):
                self._end(number, DeletionState.DONE)
                self.counters = replace(self.counters, done=self.counters.done + 1)
                _log.info("deletion %d is done: no file holds such events any more", number)

    def count_erased(self, rows: int) -> None:
        """Counts a part from which so many rows were taken."""
        counters = self.counters
        self.counters = replace(
            counters, erased_rows=counters.erased_rows + rows, erased_parts=counters.erased_parts + 1
        )

    def settle(self) -> None:
        """Makes the snapshot what is committed, when that is owed.

        Raises:
            StorageError: the catalog cannot be read.
        """
        with self._lock:
            if self._is_owed:
                self._reload()

    def _active_record(self, number: int) -> DeletionRecord:
        record = self._record(number)
        if record is None:
            raise CallerError(f"there is no deletion {number}", "`logstore deletions` lists them")
        if record.state is DeletionState.DONE:
            raise CallerError(f"deletion {number} is done: its {record.gone:,} rows are gone for good")
        if record.state is DeletionState.UNDONE:
            raise CallerError(f"deletion {number} is undone already")
        if self.is_kept_up(record.deletion):
            raise CallerError(
                f"deletion {number} is kept up by the retention rule {record.deletion.rule}",
                "take the rule out of the settings and restart the server; then it can be undone",
            )
        return record

    def _record(self, number: int) -> DeletionRecord | None:
        return next((one for one in self._catalog.deletions() if one.deletion.number == number), None)

    def _add(self, new: NewDeletion, inherits: frozenset[str] = frozenset()) -> Deletion:
        known = {one.number for one in self.latest.deletions}
        try:
            deletion = self._catalog.add_deletion(new)
        except StorageError:
            self._reload()
            made = [one for one in self.latest.deletions if one.number not in known and one.made_ns == new.made_ns]
            if not made:
                raise
            return made[-1]
        self._head.change_parts(lambda snapshot: added(snapshot, deletion, new.replaces, inherits))
        return deletion

    def _end(self, number: int, state: DeletionState) -> None:
        try:
            self._catalog.end_deletion(number, state, self._clock.now_ns())
        except StorageError:
            self._reload()
            if any(one.number == number for one in self.latest.deletions):
                raise
        self._head.change_parts(lambda snapshot: without(snapshot, number))

    def _reload(self) -> None:
        """Makes the snapshot what is committed; as long as that cannot be read, it is owed."""
        self._is_owed = True
        state = self._catalog.state()
        deleted = {self._directory.path(part.path): part.deleted for part in state.parts}
        self._head.change_parts(lambda snapshot: committed(snapshot, deleted, state.deletions))
        self._is_owed = False


def statuses_of(records: Sequence[DeletionRecord], parts: Sequence[Part]) -> tuple[DeletionStatus, ...]:
    """How deletions stand in these parts."""
    return tuple(
        DeletionStatus(
            record, sum(bool(pending(part, [record.deletion])) for part in parts) if is_active(record) else 0
        )
        for record in records
    )


def is_active(record: DeletionRecord) -> bool:
    """Whether its events are left out of all answers."""
    return record.state is DeletionState.ACTIVE


def _told(time_ns: int | None) -> str:
    if time_ns is None:
        return "any"
    return datetime.fromtimestamp(time_ns // NS_PER_SECOND, UTC).isoformat()
