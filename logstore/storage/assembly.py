"""How the parts of a store are put together. The only place that knows all of them."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ulid import ULID

from logstore.clock import Clock
from logstore.errors import WorldError
from logstore.model.chunk import Chunk
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage import identity
from logstore.storage.budget import Budget
from logstore.storage.catalog.chunk_memory import ChunkMemory
from logstore.storage.catalog.records import Catalog
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.chunk_cost import chunk_bytes
from logstore.storage.decode_settings import keep_settings, load_settings
from logstore.storage.decoder import Decoder, Decoding
from logstore.storage.directory import Directory
from logstore.storage.disk_space import DiskSpace, Marks
from logstore.storage.generation_files import GenerationWriter, Retention, retention_of
from logstore.storage.generation_numbers import GenerationNumbers
from logstore.storage.head import Head, HeadLimits
from logstore.storage.index import shape as index_shape
from logstore.storage.index.chore import IndexChore
from logstore.storage.index.codec import best_codec
from logstore.storage.index.opened import Indexes
from logstore.storage.layout import CHUNK_IDS, LEASES, LEDGER, LOCK_FILE, PARTS, QUARANTINE, WAL, segment_name
from logstore.storage.ledger.copies import Copies
from logstore.storage.lost_catalog import check_catalog
from logstore.storage.part.files import PartWriter
from logstore.storage.part.shape import compacted_shape, fresh_shape
from logstore.storage.parts_file import Listed, PartsFile
from logstore.storage.publish import Publisher
from logstore.storage.quarantine.held import HeldLimits
from logstore.storage.recovery import Recovered, RecoveryReport, recover
from logstore.storage.remote.objects import Objects
from logstore.storage.remote.remote import RemoteServices, RemoteStorage
from logstore.storage.removal import Removals
from logstore.storage.seal import Sealer, SealServices, located
from logstore.storage.seal_loop import SealLoop
from logstore.storage.seal_schedule import backoff_s, seal_due_s
from logstore.storage.settings import MOST_HELD_BYTES, Durability, StorageSettings
from logstore.storage.shelf import Shelf
from logstore.storage.upkeep.chore import Chore
from logstore.storage.upkeep.compaction import Compaction
from logstore.storage.upkeep.compaction_plan import SMALL_SHARE, CompactionRules
from logstore.storage.upkeep.deletions import Deletions, DeletionTerms
from logstore.storage.upkeep.erasing import EraseChore, ErasingServices
from logstore.storage.upkeep.lookup import LookupChore
from logstore.storage.upkeep.loop import UpkeepLoop
from logstore.storage.upkeep.merging import MergeLimits, Merger
from logstore.storage.upkeep.part_access import CheckedAccess, PartAccess
from logstore.storage.upkeep.retention_chore import RetentionChore
from logstore.storage.upkeep.rewriting import Rewriter
from logstore.storage.upkeep.row_finder import RowFinder
from logstore.storage.upkeep.scrub import Scrub, ScrubSettings
from logstore.storage.verify.unsound import Unsound
from logstore.storage.wal.committer import CommitRules, GroupCommitter
from logstore.storage.wal.format import LoggedEntry
from logstore.storage.wal.writer import LogWriter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Machinery:
    """The parts of an open store.

    `decode_settings` is the id of those in force, `resources` gives back the data directory.
    """

    directory: Directory
    publisher: Publisher
    catalog: Catalog
    budget: Budget
    memory: ChunkMemory
    copies: Copies
    shelf: Shelf
    clock: Clock
    retention: Retention
    removals: Removals
    log: LogWriter
    head: Head
    sealer: Sealer
    seal_loop: SealLoop
    committer: GroupCommitter
    rewriter: Rewriter
    compaction: Compaction
    deletions: Deletions
    retention_chore: RetentionChore
    lookup: LookupChore | None
    indexes: Indexes
    indexing: IndexChore
    upkeep: UpkeepLoop
    parts_file: PartsFile
    remote: RemoteStorage
    unsound: Unsound
    scrub: Scrub
    disk: DiskSpace
    recovery: RecoveryReport
    decode_settings: int
    resources: contextlib.ExitStack


def assemble(
    directory: Directory,
    decoding: Decoding,
    settings: StorageSettings,
    clock: Clock,
    finder: RowFinder | None = None,
    objects: Objects | None = None,
) -> tuple[Machinery, Recovered]:
    """Opens a data directory and recovers it, with object storage when there is one; `start` is to be called then.

    Raises:
        DirectoryLockedError: another process owns the directory.
        StorageError: it cannot be read or written.
        CorruptionError: another version of Logstore wrote it, its catalog is damaged, or decode settings that its log
            refers to are.
    """
    with contextlib.ExitStack() as resources:
        opened = _open(directory, decoding, clock, resources)
        core = _core(opened, directory, settings, clock)
        unsound = Unsound(directory, opened.catalog, core.head, core.removals, clock, core.sealer.lock)
        disk = DiskSpace(directory, Marks(settings.min_free_share, settings.min_free_bytes), clock)
        remote = _remote(core.services, opened.publisher, disk, settings, objects)
        access = CheckedAccess(remote.reader.kept, unsound.is_whole)
        keeping = _keeping(core, settings, access, finder, disk)
        resources.callback(keeping.erasing.give_up)
        resources.callback(keeping.compaction.give_up)
        scrub = Scrub(core.head, unsound, clock, ScrubSettings(settings.scrub_interval_s, settings.scrub_bytes_per_s))
        upkeep = UpkeepLoop(
            _chores(keeping, unsound, scrub, settings), clock, lambda failures: backoff_s(failures, settings)
        )
        keeping.indexing.tie(upkeep)
        machinery = Machinery(
            budget=core.budget,
            directory=directory,
            publisher=opened.publisher,
            catalog=opened.catalog,
            memory=opened.memory,
            copies=core.services.files.copies,
            shelf=core.services.files.shelf,
            clock=clock,
            retention=core.services.files.retention,
            removals=core.removals,
            log=core.services.log,
            head=core.head,
            sealer=core.sealer,
            seal_loop=_seal_loop(core.services, core.sealer, settings),
            committer=_committer(core.services, core.budget, settings),
            rewriter=core.rewriter,
            compaction=keeping.compaction,
            deletions=keeping.deletions,
            retention_chore=keeping.retention,
            lookup=keeping.lookup,
            upkeep=upkeep,
            indexes=keeping.indexes,
            indexing=keeping.indexing,
            parts_file=PartsFile(
                Listed(directory.path(""), core.head.sealed, remote.away),
                opened.publisher,
                clock,
                settings.parts_file_s,
            ),
            unsound=unsound,
            remote=remote,
            scrub=scrub,
            disk=disk,
            recovery=opened.recovered.report,
            decode_settings=opened.decode_settings,
            resources=resources.pop_all(),
        )
    return machinery, opened.recovered


@dataclass(frozen=True, slots=True)
class _Open:
    """A data directory that is ours, and what was found in it."""

    publisher: Publisher
    catalog: Catalog
    memory: ChunkMemory
    recovered: Recovered
    decoder: Decoder
    decode_settings: int


def _open(directory: Directory, decoding: Decoding, clock: Clock, resources: contextlib.ExitStack) -> _Open:
    publisher = Publisher(directory)
    _own(directory, publisher, resources)
    decode_settings = keep_settings(directory, publisher, decoding.document)
    check_catalog(directory)
    catalog = SqliteCatalog(directory, clock)
    resources.callback(_close, catalog)
    memory = ChunkMemory(directory)
    recovered = recover(directory, publisher, catalog, memory)
    needed = {decode_settings, *(logged.entry.chunk.settings for logged in recovered.entries)}
    decoder = decoding.make_decoder(load_settings(directory, needed))
    return _Open(publisher, catalog, memory, recovered, decoder, decode_settings)


@dataclass(frozen=True, slots=True)
class _Core:
    """What takes events, makes parts of them and of parts, and knows which there are."""

    budget: Budget
    head: Head
    services: SealServices
    numbers: GenerationNumbers
    sealer: Sealer
    rewriter: Rewriter

    @property
    def removals(self) -> Removals:
        """What is let go of, once nobody reads it."""
        return self.services.removals


def _core(opened: _Open, directory: Directory, settings: StorageSettings, clock: Clock) -> _Core:
    recovered, publisher, budget = opened.recovered, opened.publisher, Budget(settings.memory_budget_bytes)
    parts = tuple(located(part, directory) for part in recovered.parts)
    unfit = tuple(located(part, directory) for part in recovered.unfit)
    start = Snapshot(recovered.report.end_seq - 1, parts, deletions=recovered.deletions, unfit=unfit)
    head = Head(opened.decoder, budget, clock, _head_limits(settings), start)
    services = SealServices(
        directory=directory,
        files=GenerationWriter(
            publisher,
            _part_writer(publisher, settings, clock),
            opened.memory,
            Copies(),
            Shelf(recovered.shelved),
            clock,
            retention_of(settings),
        ),
        catalog=opened.catalog,
        log=_log_writer(directory, recovered, settings),
        head=head,
        removals=Removals(directory, clock, settings.removal_grace_s),
        clock=clock,
    )
    numbers = GenerationNumbers(recovered.report.generation)
    sealer = Sealer(services, numbers)
    rewriter = Rewriter(directory, publisher, opened.catalog, head, services.removals, numbers, clock, sealer.lock)
    return _Core(budget, head, services, numbers, sealer, rewriter)


@dataclass(frozen=True, slots=True)
class _Keeping:
    """What becomes of parts once they are there."""

    deletions: Deletions
    retention: RetentionChore
    lookup: LookupChore | None
    erasing: EraseChore
    compaction: Compaction
    indexes: Indexes
    indexing: IndexChore


def _keeping(
    core: _Core, settings: StorageSettings, access: PartAccess, finder: RowFinder | None, disk: DiskSpace
) -> _Keeping:
    services, head, numbers, rewriter = core.services, core.head, core.numbers, core.rewriter
    directory, clock = services.directory, services.clock
    deletions = Deletions(directory, services.catalog, head, clock, core.sealer.lock, _deletion_terms(settings))
    indexes, merger = Indexes(directory, best_codec()), make_merger(rewriter, settings)
    compaction = _compaction(merger, rewriter, settings, access, disk.has_room_for)
    means = ErasingServices(merger, rewriter, numbers, core.removals, settings.compaction.busy_share)
    return _Keeping(
        deletions,
        RetentionChore(settings.retention, deletions, rewriter, numbers, head, clock),
        # Without a finder deletions stay conditions that every query tests.
        None if finder is None else LookupChore(deletions, finder, head, core.removals, clock, access),
        EraseChore(deletions, means, head, clock, access),
        compaction,
        indexes,
        IndexChore(rewriter, indexes, index_shape.kept_shape(settings), access, compaction.leaves),
    )


def _chores(keeping: _Keeping, unsound: Unsound, scrub: Scrub, settings: StorageSettings) -> tuple[Chore, ...]:
    """In the order of their urgency."""
    return (
        unsound,
        *([keeping.lookup] if keeping.lookup else []),
        keeping.retention,
        keeping.erasing,
        *([keeping.compaction] if settings.compaction.enabled else []),
        keeping.indexing,
        scrub,
    )


def new_ulid(clock: Clock) -> str:
    """A name that no other has, which sorts by the time it was made."""
    return str(ULID.from_timestamp(clock.now_ns() / NS_PER_SECOND))


def _own(directory: Directory, publisher: Publisher, resources: contextlib.ExitStack) -> None:
    """Locks the directory, checks whose it is, and makes what must be in it."""
    directory.make_root()
    resources.callback(directory.lock(LOCK_FILE).release)
    identity.claim(directory, publisher)
    for name in (WAL, PARTS, CHUNK_IDS, LEDGER, QUARANTINE, LEASES):
        publisher.make_durable(name)


def _log_writer(directory: Directory, recovered: Recovered, settings: StorageSettings) -> LogWriter:
    sizes = {first: directory.size(segment_name(first)) for first in recovered.log.segments}
    log = LogWriter(
        directory,
        recovered.log.next_seq,
        recovered.log.last_good,
        settings.max_segment_bytes,
        sizes,
        is_cached=settings.durability is not Durability.FSYNC,
    )
    log.trim(recovered.report.end_seq)
    return log


def _part_writer(publisher: Publisher, settings: StorageSettings, clock: Clock) -> PartWriter:
    index, ulid = index_shape.fresh_shape(settings), functools.partial(new_ulid, clock)
    return PartWriter(publisher, fresh_shape(settings), settings.max_parts_per_seal, ulid, index)


def make_merger(rewriter: Rewriter, settings: StorageSettings) -> Merger:
    """What makes parts of parts."""
    wanted = settings.compaction
    # What makes a full part is read: a little more may come together than one holds.
    limits = MergeLimits(wanted.part_rows + wanted.part_rows // SMALL_SHARE, wanted.day_rows, wanted.memory_bytes)
    name = functools.partial(new_ulid, rewriter.clock)
    return Merger(rewriter.publisher, compacted_shape(settings), limits, name, index_shape.kept_shape(settings))


def _compaction(
    merger: Merger,
    rewriter: Rewriter,
    settings: StorageSettings,
    access: PartAccess,
    has_room: Callable[[int], bool],
) -> Compaction:
    wanted = settings.compaction
    rules = CompactionRules(
        part_rows=wanted.part_rows, part_bytes=wanted.part_bytes, day_rows=wanted.day_rows, settle_s=wanted.settle_s
    )
    return Compaction(merger, rewriter, rules, wanted.busy_share, access, has_room)


def _head_limits(settings: StorageSettings) -> HeadLimits:
    # A chunk that is as large as one may be must find room, whatever else one generation keeps.
    held = min(settings.max_quarantine_bytes, max(MOST_HELD_BYTES, settings.max_quarantined_chunk_bytes))
    return HeadLimits(
        settings.max_run_bytes, HeldLimits(settings.max_quarantined_chunk_bytes, held), settings.max_ahead_s
    )


def _seal_loop(services: SealServices, sealer: Sealer, settings: StorageSettings) -> SealLoop:
    def due_s() -> float | None:
        now_ns = services.clock.monotonic_ns()
        recent = services.files.memory.recent
        return seal_due_s(services.head.open, recent, now_ns, settings)

    return SealLoop(sealer.seal, due_s, lambda failures: backoff_s(failures, settings))


def _deletion_terms(settings: StorageSettings) -> DeletionTerms:
    rules = (rule.name for terms in settings.retention.values() for rule in terms.all_rules)
    return DeletionTerms(settings.erase_after_s, frozenset(rules))


def _remote(
    services: SealServices, publisher: Publisher, disk: DiskSpace, settings: StorageSettings, objects: Objects | None
) -> RemoteStorage:
    remote = RemoteServices(
        directory=services.directory,
        publisher=publisher,
        catalog=services.catalog,
        head=services.head,
        removals=services.removals,
        clock=services.clock,
        new_id=functools.partial(new_ulid, services.clock),
        backoff_s=lambda failures: backoff_s(failures, settings),
        spare_bytes=disk.spare_bytes,
    )
    return RemoteStorage(remote, settings.remote, objects)


def _committer(services: SealServices, budget: Budget, settings: StorageSettings) -> GroupCommitter:
    def deliver(entries: Sequence[LoggedEntry]) -> None:
        services.files.memory.remember(entries)
        services.head.join(entries)

    def discard(chunk: Chunk) -> None:
        budget.add(-chunk_bytes(chunk))

    rules = CommitRules(settings.durability, settings.sync_interval_s, settings.max_group_bytes)
    return GroupCommitter(services.log, deliver, discard, services.clock, rules)


def start(machinery: Machinery, recovered: Recovered) -> None:
    """Starts the threads of a store, and hands it what its log held."""
    machinery.head.start(machinery.seal_loop.wake, machinery.parts_file.wake)
    if recovered.entries:
        machinery.budget.add(sum(chunk_bytes(logged.entry.chunk) for logged in recovered.entries))
        machinery.head.join(recovered.entries)
    machinery.removals.retire(recovered.retired)
    machinery.parts_file.start()
    machinery.disk.start()
    machinery.unsound.start(machinery.upkeep.wake, machinery.remote.reader.heal)
    machinery.seal_loop.start()
    machinery.upkeep.start()
    machinery.remote.start(machinery.parts_file.wake)
    machinery.committer.start()


def _close(catalog: Catalog) -> None:
    try:
        catalog.close()
    except WorldError as error:
        # All of it is committed; the next start tidies up.
        _log.warning("closing the catalog failed: %s", error)
