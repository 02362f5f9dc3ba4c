"""A store whose chores a test does itself, and what must hold of it whatever is deleted and undone."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq

from logstore.model.deletions import known_rows, pending, rows_of, touches
from logstore.model.row_set import Rows
from logstore.model.schema import SEQ, TAG, TIME
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.assembly import assemble, make_merger, start
from logstore.storage.catalog.records import DeletionState
from logstore.storage.settings import StorageSettings
from logstore.storage.store import Store
from logstore.storage.upkeep.deletions import DeletionOrder
from logstore.storage.upkeep.erasing import EraseChore, ErasingServices
from logstore.storage.upkeep.lookup import LookupChore
from logstore.storage.upkeep.loop import UpkeepLoop
from logstore.storage.upkeep.retention_chore import RetentionChore
from logstore.storage.upkeep.retention_plan import Terms
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, LINES, START_NS, chunk, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import SETTINGS

ERASE_AFTER_S = 3600.0


class TagFinder:
    """Finds rows by their tag: that is all there is to a search here."""

    def find(self, part: Part, deletion: Deletion) -> Rows:
        """See `RowFinder`."""
        table = pq.ParquetFile(part.path).read([TIME, SEQ, TAG], use_threads=False)
        rows = zip(*(table.column(name).cast(kind).to_pylist() for name, kind in _WANTED), strict=True)
        return np.flatnonzero([covers(deletion, *row) for row in rows]).astype(np.int64)


_WANTED = ((TIME, "int64"), (SEQ, "int64"), (TAG, "string"))


def covers(deletion: Deletion, time_ns: int, seq: int, tag: str) -> bool:
    """Whether a deletion covers an event."""
    return seq <= deletion.seq and deletion.window.overlaps(time_ns, time_ns) and deletion.search in {tag, "*"}


def visible(snapshot: Snapshot) -> list[tuple[int, str]]:
    """`_seq` and tag of the events that are not deleted, as a query would find out."""
    found = []
    active = {one.number for one in snapshot.deletions}
    for part in snapshot.parts:
        table = pq.ParquetFile(part.path).read([TIME, SEQ, TAG], use_threads=False)
        gone = set(rows_of(list(known_rows(part, active))).tolist())
        tested = pending(part, snapshot.deletions)
        found += [
            row[1:] for place, row in enumerate(_rows(table)) if place not in gone and not _is_covered(tested, row)
        ]
    for batch in snapshot.head:
        tested = [one for one in snapshot.deletions if touches(one, batch)]
        found += [row[1:] for row in _rows(batch.table) if not _is_covered(tested, row)]
    return sorted(found)


def _rows(table):
    return zip(*(table.column(name).cast(kind).to_pylist() for name, kind in _WANTED), strict=True)


def _is_covered(deletions, row) -> bool:
    return any(covers(one, *row) for one in deletions)


class Workshop:
    """A store in a directory that may fail, with its chores, and what is known of its events.

    Attributes:
        events: `_seq` to time and tag of every event that was acknowledged.
    """

    def __init__(self, directory: FaultyDirectory, terms: Mapping[str, Terms] | None = None) -> None:
        self.directory = directory
        self.clock = ManualClock()
        self.settings: StorageSettings = replace(SETTINGS, erase_after_s=ERASE_AFTER_S, retention=terms or {})
        self.store: Store | None = None
        self.events: dict[int, tuple[int, str]] = {}
        self._numbers = itertools.count()

    def open(self) -> None:
        """Starts the store without its upkeep thread: it would do chores at instants of its own, beside the test."""
        machinery, recovered = assemble(self.directory, LINES, self.settings, self.clock)
        machinery.upkeep.close()
        start(machinery, recovered)
        self.store = Store(machinery)
        merger = make_merger(machinery.rewriter, self.settings)
        services = ErasingServices(merger, machinery.rewriter, machinery.rewriter.numbers, machinery.removals)
        head, clock, deletions = machinery.head, self.clock, machinery.deletions
        self.lookup = LookupChore(deletions, TagFinder(), head, machinery.removals, clock)
        self.retention: RetentionChore = machinery.retention_chore
        self.erasing = EraseChore(deletions, services, head, clock)
        self.loop = UpkeepLoop([self.lookup, self.retention, self.erasing], clock, lambda _: 1.0)

    def send(self, tags: str, hour: int = 0) -> None:
        """Stores an event for each letter, which is its tag."""
        assert self.store is not None
        time_ns = START_NS + hour * HOUR_NS
        payload = b"".join(lines([next(self._numbers)], time_ns + place, tag) for place, tag in enumerate(tags))
        first = self.store.submit(replace(chunk(payload), settings=self.store.decode_settings)).result(20)
        for place, tag in enumerate(tags):
            self.events[first + place] = (time_ns + place, tag)

    def delete(self, search: str, window: TimeSpan = EVERYTHING, *, at_once: bool = False) -> Deletion:
        """Deletes events."""
        assert self.store is not None
        return self.store.delete(DeletionOrder(search, window, "a test", at_once))

    def upkeep(self) -> None:
        """Does the chores that are due, each as often as it takes."""
        self.loop.work_off(200)

    def deletions(self) -> tuple[Deletion, ...]:
        """The active deletions."""
        with self.store.snapshot() as snapshot:
            return snapshot.deletions

    def tags(self) -> str:
        """The tags of all events that are not deleted, by `_seq`."""
        with self.store.snapshot() as snapshot:
            return "".join(tag for _, tag in visible(snapshot))

    def check_catalog(self) -> None:
        """What the catalog says of deletions is what readers see; it may know of a seal that they do not see yet."""
        machinery = self.store._machinery
        state, latest = machinery.catalog.state(), machinery.head.latest
        committed = {machinery.directory.path(part.path): part.deleted for part in state.parts}
        assert {part.path: committed[part.path] for part in latest.parts} == {
            part.path: part.deleted for part in latest.parts
        }
        assert state.deletions == latest.deletions

    def states(self) -> dict[int, DeletionState]:
        """What has become of each deletion."""
        return {one.record.deletion.number: one.record.state for one in self.store.deletions()}
