"""The store: the storage engine behind one object."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager

from logstore.clock import Clock
from logstore.errors import StorageError, WorldError
from logstore.model.chunk import DEFAULT_TENANT, Chunk
from logstore.model.outcome import ChunkOutcome
from logstore.model.snapshot import Deletion, Part, PartRead, Snapshot
from logstore.storage.assembly import Machinery, assemble, start
from logstore.storage.catalog.id_file import ChunkOrigin
from logstore.storage.chunk_cost import chunk_bytes
from logstore.storage.decoder import Decoding
from logstore.storage.directory import Directory
from logstore.storage.gathering import gather_chunk_ids, gather_deletions, gather_ledger, gather_quarantine
from logstore.storage.index.chore import IndexingCounters
from logstore.storage.index.opened import Indexes
from logstore.storage.ledger.search import LedgerView
from logstore.storage.quarantine.drop import Dropper, drop_damaged
from logstore.storage.quarantine.view import QuarantineView, view_quarantine
from logstore.storage.recovery import RecoveryReport
from logstore.storage.remote.objects import Objects
from logstore.storage.settings import StorageSettings
from logstore.storage.stats import StoreStats
from logstore.storage.upkeep.compaction_plan import Level
from logstore.storage.upkeep.deletions import DeletionOrder, DeletionStatus, UndoneDeletion
from logstore.storage.upkeep.retention_plan import Plan
from logstore.storage.upkeep.row_finder import RowFinder
from logstore.storage.wal.committer import CommitWatch

_log = logging.getLogger(__name__)


class Store:
    """A data directory that this process owns. Plain blocking code, safe from several threads.

    Made by `Store.open`. A chunk that was acknowledged (its future completed) is in every later snapshot exactly once,
    whatever happens to this process in between.
    """

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._is_closed = False

    @classmethod
    def open(
        cls,
        directory: Directory,
        decoding: Decoding,
        settings: StorageSettings,
        clock: Clock,
        finder: RowFinder | None = None,
        objects: Objects | None = None,
    ) -> Store:
        """Opens a data directory, new or used, and recovers it from whatever end its last owner had.

        Args:
            directory: the data directory.
            decoding: makes events of chunks.
            settings: the numbers.
            clock: the time.
            finder: looks deletions up in parts; without one they are tested by every query, and never taken out of
                files.
            objects: object storage that parts are copied to, None for none. It may be down.

        Raises:
            DirectoryLockedError: another process owns the directory.
            StorageError: it cannot be read or written.
            CorruptionError: another version of Logstore wrote it, its catalog is damaged, or decode settings that its
                log refers to are.
        """
        machinery, recovered = assemble(directory, decoding, settings, clock, finder, objects)
        start(machinery, recovered)
        return cls(machinery)

    @property
    def recovery(self) -> RecoveryReport:
        """What opening the directory found and did."""
        return self._machinery.recovery

    @property
    def root(self) -> str:
        """Absolute path of the data directory."""
        return self._machinery.directory.path("")

    @property
    def decode_settings(self) -> int:
        """Id of the decode settings in force, which are durable: the one that submitted chunks must bear."""
        return self._machinery.decode_settings

    @property
    def indexes(self) -> Indexes:
        """The word indexes of the parts that snapshots list."""
        return self._machinery.indexes

    def reindex(self, *, everything: bool) -> int:
        """Has word indexes made in the background: those that are missing or damaged, or all; how many wait."""
        return self._machinery.indexing.ask(everything=everything)

    @property
    def indexing(self) -> IndexingCounters:
        """How far the making of word indexes is."""
        return self._machinery.indexing.counters

    def submit(self, chunk: Chunk) -> Future[int]:
        """Takes a chunk; never blocks, keeps the order of calls.

        Takes it also when there is no room: ask `has_room` before reading more from senders.

        Returns:
            A future that completes with the sequence number of the chunk's first event once the chunk is durable. It
            fails with StorageError when the chunk was not stored, and with ValueError when it never can be: it must not
            be acknowledged then. It completes in a thread of the store, and cannot be cancelled.
        """
        if chunk.tenant != DEFAULT_TENANT:
            return _refused(f"tenant {chunk.tenant!r}: there is only {DEFAULT_TENANT!r}")
        if chunk.settings != self.decode_settings:
            return _refused(f"decode settings {chunk.settings}: those in force are {self.decode_settings}")
        self._machinery.budget.add(chunk_bytes(chunk))
        return self._machinery.committer.submit(chunk)

    def submit_for_outcome(self, chunk: Chunk) -> Future[ChunkOutcome]:
        """Takes a chunk like `submit`; the future tells what became of it.

        Returns:
            A future that completes once the chunk is durable and decoded: its events are in every snapshot taken from
            then on. It fails as that of `submit` does, and with StorageError when the store ends before the chunk is
            decoded.
        """
        return self._machinery.head.outcomes.submit(chunk, self.submit)

    def watch_commits(self, watch: CommitWatch) -> None:
        """Tells somebody, in a thread of the store, of each group of chunks that becomes durable."""
        self._machinery.committer.watch(watch)

    def origin(self, key: bytes) -> ChunkOrigin | None:
        """Where the stored chunk with this key (see `chunk_key`) came from, of several the newest; None when unknown.

        Answers for chunks that are durable. From memory, but for copies of chunks that are sealed, which take a look
        into some files.

        Raises:
            StorageError: such a file cannot be read.
        """
        return self._machinery.memory.origin(key)

    def note_copy(self, chunk: Chunk, key: bytes) -> None:
        """A copy of the chunk with this key came and is not submitted: the ledger tells of it. Never blocks."""
        self._machinery.copies.add(chunk, key)

    def has_room(self) -> bool:
        """Whether more may be read from senders: there is room in memory, and on the disk."""
        return self._machinery.disk.has_room() and self._machinery.budget.has_room()

    @property
    def refusal(self) -> StorageError | None:
        """Why nothing is taken in for now, where more memory will not come of itself; None when there is no reason."""
        return self._machinery.disk.refusal

    def wait_room(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, from any thread, when there may be room; at once when there is. Ask again then."""
        machinery = self._machinery
        if machinery.disk.has_room():
            machinery.budget.when_room(callback)
        else:
            machinery.disk.when_room(callback)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The store as it is now, for as long as the context is open: the files that it lists stay until then.

        Holds every event that was acknowledged before the call; waits for their decoding.

        Raises:
            StorageError: the store is closed.
        """
        # Pinned before it is taken, so that no listed file can go in between.
        with self._machinery.removals.pinned():
            yield self._machinery.head.snapshot()

    def reading(
        self, parts: Sequence[Part], check: Callable[[], None] = lambda: None
    ) -> AbstractContextManager[Mapping[str, str]]:
        """Makes the files of parts of an open snapshot readable, for as long as the context is open.

        Those that are in object storage only are fetched.

        Args:
            parts: the parts.
            check: called while waiting; raises when nobody wants them any more.

        Returns:
            A context with the parts that cannot be read: why, by path.
        """
        return self._machinery.remote.reader.reading(parts, check)

    def are_local(self, parts: Sequence[Part]) -> bool:
        """Whether parts can be read without fetching anything."""
        return self._machinery.remote.reader.are_local(parts)

    def unfit(self, reads: Sequence[PartRead]) -> list[Part]:
        """The parts among these, of an open snapshot, of which the bytes to be read are damaged or missing.

        They are out of the store from now on: no later snapshot has them, and their files go to quarantine.

        Raises:
            StorageError: it cannot be told now.
        """
        return self._machinery.unsound.unfit(reads)

    @contextlib.contextmanager
    def ledger(self) -> Iterator[LedgerView]:
        """What became of chunks, for as long as the context is open. Waits for nothing."""
        machinery = self._machinery
        with machinery.removals.pinned():
            unsealed = machinery.head.look(lambda: machinery.shelf.files)
            recent = (*unsealed.records, *machinery.copies.records())
            yield LedgerView(machinery.directory, unsealed.files.ledger, recent, unsealed.parts)

    @contextlib.contextmanager
    def quarantine(self) -> Iterator[QuarantineView]:
        """What could not be decoded, or is damaged, for as long as the context is open. Waits for nothing.

        Raises:
            StorageError: the catalog or the folder cannot be read.
        """
        machinery = self._machinery
        with machinery.removals.pinned():
            held = machinery.head.look(lambda: None).held
            yield view_quarantine(machinery.directory, machinery.catalog, held)

    def drop_from_quarantine(self, seqs: Collection[int], damaged: Collection[str]) -> int:
        """Drops chunks, by sequence number, and damaged files, by name, for good; how many they were.

        Seals first when one of them is in the log: it would come back with the next start.

        Raises:
            WorldError: what is not dropped is still there.
        """
        machinery, wanted = self._machinery, set(seqs)
        if any(one.logged.entry.seq in wanted for one in machinery.head.look(lambda: None).held):
            self.seal()
        with machinery.sealer.lock:
            files = machinery.shelf.files.quarantine
            dropped = Dropper(machinery.directory, machinery.publisher, machinery.catalog, files).drop(wanted)
            for one in dropped.rewrites:
                machinery.shelf.change([one.old], quarantine=one.new)
            given_up = drop_damaged(machinery.directory, machinery.catalog, damaged)
            machinery.unsound.forget(given_up)
        machinery.removals.retire([*(one.old for one in dropped.rewrites), *given_up])
        return dropped.chunks + len(damaged)

    def delete(self, order: DeletionOrder) -> Deletion:
        """Deletes events, all that match of those acknowledged before: no snapshot that is taken later has them.

        Raises:
            CallerError: too many deletions are active.
            StorageError: it is not known to be durable; `deletions` tells whether it was made all the same.
        """
        deletion = self._machinery.deletions.make(order)
        self._machinery.upkeep.wake()
        return deletion

    def undelete(self, number: int) -> UndoneDeletion:
        """Makes the events of a deletion visible again, but for those that are gone from the files.

        Raises:
            CallerError: there is no such deletion, or it is not active, or a retention rule keeps it up.
            StorageError: it is not known to be undone; `deletions` tells.
        """
        undone = self._machinery.deletions.undo(number)
        self._machinery.upkeep.wake()
        return undone

    def deletions(self) -> tuple[DeletionStatus, ...]:
        """Every deletion that is known, newest first.

        Raises:
            StorageError: the catalog cannot be read.
        """
        return self._machinery.deletions.statuses()

    def plan_retention(self) -> Plan:
        """What retention would let go of now."""
        return self._machinery.retention_chore.plan()

    def wait_for_change(self, after_seq: int, timeout_s: float | None = None) -> int:
        """Waits until events after `after_seq` may be visible, or the time is over; the newest visible `_seq`.

        Raises:
            StorageError: the store is closed.
        """
        return self._machinery.head.wait_for_change(after_seq, timeout_s)

    def seal(self) -> None:
        """Moves everything that is acknowledged from the log and the head to parts, now.

        Raises:
            WorldError: it failed, nothing is lost, and it will be tried again.
        """
        self._machinery.head.snapshot()
        self._machinery.sealer.seal()

    def close(self) -> None:
        """Stores what was submitted, seals it, and gives the directory back. May be called again.

        When sealing fails, everything is in the log, and the next start replays it.
        """
        if self._is_closed:
            return
        self._is_closed = True
        machinery = self._machinery
        with machinery.resources:
            machinery.disk.close()
            machinery.upkeep.close()
            machinery.remote.close()
            machinery.committer.close()
            machinery.seal_loop.close()
            machinery.head.close()
            try:
                machinery.sealer.seal()
            except WorldError as error:
                _log.warning("the last seal failed, the next start replays the log: %s", error)
            # The list no longer names what goes now.
            machinery.parts_file.close()
            with contextlib.suppress(WorldError):
                machinery.removals.sweep(is_end=True)

    def stats(self) -> StoreStats:
        """Counts and sizes as they are now."""
        machinery = self._machinery
        latest = machinery.head.latest
        head = machinery.head.counters
        return StoreStats(
            log=machinery.log.counters,
            queued_chunks=machinery.committer.queued,
            head=head,
            seals=machinery.sealer.counters,
            generation=machinery.sealer.generation,
            seq=latest.seq,
            parts=len(latest.parts),
            part_rows=sum(part.rows for part in latest.parts),
            part_bytes=sum(part.bytes for part in latest.parts),
            unfit_parts=len(latest.unfit),
            unfit_rows=sum(part.rows for part in latest.unfit),
            indexed_parts=sum(part.index is not None for part in latest.parts),
            index_bytes=sum(part.index_bytes for part in latest.parts),
            indexing=machinery.indexing.counters,
            indexes=machinery.indexes.counters,
            parts_by_level=dict(Counter(Level(part.level).name.lower() for part in latest.parts)),
            compaction=machinery.compaction.counters,
            chunk_ids=gather_chunk_ids(machinery),
            ledger=gather_ledger(machinery, head),
            quarantine=gather_quarantine(machinery, head),
            memory_bytes=machinery.budget.used_bytes,
            memory_budget_bytes=machinery.budget.limit_bytes,
            deletions=gather_deletions(machinery),
            upkeep_failures={name: each.failures for name, each in machinery.upkeep.counters.items()},
            open_snapshots=machinery.removals.open_snapshots,
            files_to_remove=machinery.removals.waiting,
            recovery=machinery.recovery,
            remote=machinery.remote.stats(),
            disk=machinery.disk.state,
            scrub=machinery.scrub.counters,
            taken_out=machinery.unsound.taken_out,
        )


def _refused(reason: str) -> Future[int]:
    future: Future[int] = Future()
    future.set_exception(ValueError(reason))
    return future
