"""What a store tells of itself, as one value, for metrics and for `logstore status`."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.storage.disk_space import DiskState
from logstore.storage.head import HeadCounters
from logstore.storage.recovery import RecoveryReport
from logstore.storage.remote.stats import RemoteStats
from logstore.storage.seal import SealCounters
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
        chunk_ids, ledger, quarantine: what is kept of chunks beside their events.
        memory_bytes, memory_budget_bytes: queued, undecoded, recent and sealing bytes, and their limit.
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
    chunk_ids: ChunkIdStats
    ledger: LedgerStats
    quarantine: QuarantineStats
    memory_bytes: int
    memory_budget_bytes: int
    open_snapshots: int
    files_to_remove: int
    recovery: RecoveryReport
    remote: RemoteStats
    disk: DiskState
    scrub: ScrubCounters
    taken_out: int
