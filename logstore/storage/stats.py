"""What a store tells of itself, as one value, for metrics and for `logstore status`."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.storage.head import HeadCounters
from logstore.storage.recovery import RecoveryReport
from logstore.storage.seal import SealCounters
from logstore.storage.wal.writer import LogCounters


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
        recent_chunk_ids: chunk ids in memory.
        sealed_chunk_ids: chunk ids in files.
        memory_bytes, memory_budget_bytes: queued, undecoded, recent and sealing bytes, and their limit.
        open_snapshots: snapshots that are open now.
        files_to_remove: files that wait until nobody can be reading them.
        recovery: what opening the directory found and did.
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
    recent_chunk_ids: int
    sealed_chunk_ids: int
    memory_bytes: int
    memory_budget_bytes: int
    open_snapshots: int
    files_to_remove: int
    recovery: RecoveryReport
