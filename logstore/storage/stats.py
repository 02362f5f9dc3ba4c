"""What a store tells of itself, as one value, for metrics and for `logstore status`."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.storage.disk_space import DiskState
from logstore.storage.head import HeadCounters
from logstore.storage.index.chore import IndexingCounters
from logstore.storage.index.opened import IndexCounters
from logstore.storage.recovery import RecoveryReport
from logstore.storage.remote.stats import RemoteStats
from logstore.storage.seal import SealCounters
from logstore.storage.upkeep.compaction import CompactionCounters
from logstore.storage.upkeep.deletions import DeletionCounters
from logstore.storage.upkeep.retention_chore import RetentionCounters
from logstore.storage.upkeep.scrub import ScrubCounters
from logstore.storage.wal.writer import LogCounters


@dataclass(frozen=True, slots=True)
class ChunkIdStats:
    """The window within which a resend is recognised.

    Attributes:
        recent, sealed: ids in memory, and in files.
        oldest_s: age of the oldest file of them; 0 without files.
        retention_s, max_ids: the bounds of age and count.
    """

    recent: int
    sealed: int
    oldest_s: float
    retention_s: float
    max_ids: int


@dataclass(frozen=True, slots=True)
class LedgerStats:
    """The chunk ledger: rows and bytes of its files, rows in memory, copies that there was no room to list."""

    rows: int
    bytes: int
    recent_rows: int
    unlisted_copies: int


@dataclass(frozen=True, slots=True)
class QuarantineStats:
    """The quarantine: chunks and bytes, in files and in memory, and chunks that were dropped, by reason."""

    chunks: int
    bytes: int
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class DeletionStats:
    """Deletions and retention.

    Attributes:
        active: deletions that are active.
        pending: pairs of part and deletion that are not looked up yet.
        marked_rows: rows in parts that active deletions are known to cover.
        erased_rows: rows that were taken out of the files, also while parts were merged.
        counters: what has been done.
        retained: what retention has let go, by the reason why.
    """

    active: int
    pending: int
    marked_rows: int
    erased_rows: int
    counters: DeletionCounters
    retained: RetentionCounters


@dataclass(frozen=True, slots=True)
class StoreStats:
    """Counts and sizes of a store at one instant. Counts of doings start at zero when the store is opened.

    Attributes:
        log: the write-ahead log.
        queued_chunks: chunks that wait for their group commit.
        head: recent events, and what decoding has met.
        seals: what sealing has done.
        generation: number of the last committed generation.
        seq: the newest visible sequence number.
        parts, part_rows, part_bytes: the sealed files.
        unfit_parts, unfit_rows: parts from which nothing is read because they are damaged or missing, and their events.
        indexed_parts, index_bytes: parts that have a word index, and what these take.
        indexing, indexes: what making word indexes in the background has done, and what asking them.
        parts_by_level: how many of them compaction has made, by what became of them.
        compaction: what compaction has done, and has to do.
        chunk_ids, ledger, quarantine: what is kept of chunks beside their events.
        deletions: what is deleted and what went.
        memory_bytes, memory_budget_bytes: queued, undecoded, recent and sealing bytes, and their limit.
        upkeep_failures: pieces of background work that failed, by chore.
        open_snapshots: snapshots that are open now.
        files_to_remove: files that wait until nobody can be reading them.
        recovery: what opening the directory found and did.
        remote: object storage.
        disk: the space of the disk.
        scrub: what was read again to find damage.
        taken_out: parts in which damage was found since the store was opened.
    """

    log: LogCounters
    queued_chunks: int
    head: HeadCounters
    seals: SealCounters
    generation: int
    seq: int
    parts: int
    part_rows: int
    part_bytes: int
    unfit_parts: int
    unfit_rows: int
    indexed_parts: int
    index_bytes: int
    indexing: IndexingCounters
    indexes: IndexCounters
    parts_by_level: dict[str, int]
    compaction: CompactionCounters
    chunk_ids: ChunkIdStats
    ledger: LedgerStats
    quarantine: QuarantineStats
    deletions: DeletionStats
    memory_bytes: int
    memory_budget_bytes: int
    upkeep_failures: dict[str, float]
    open_snapshots: int
    files_to_remove: int
    recovery: RecoveryReport
    remote: RemoteStats
    disk: DiskState
    scrub: ScrubCounters
    taken_out: int
