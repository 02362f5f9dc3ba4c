"""Reading from a store's parts what it tells of chunks beside their events."""

from __future__ import annotations

from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.assembly import Machinery
from logstore.storage.head import HeadCounters
from logstore.storage.stats import ChunkIdStats, DeletionStats, LedgerStats, QuarantineStats

DROPPED_TOO_LARGE, DROPPED_CROWDED_OUT, DROPPED_EXPIRED = "too large", "too many at once", "expired"


def gather_chunk_ids(machinery: Machinery) -> ChunkIdStats:
    """The chunk ids now."""
    files, bounds = machinery.memory.files, machinery.retention.ids
    oldest_ns = machinery.clock.now_ns() - files[0].sealed_ns if files else 0
    return ChunkIdStats(
        recent=machinery.memory.recent,
        sealed=sum(file.records for file in files),
        oldest_s=oldest_ns / NS_PER_SECOND,
        retention_s=bounds.retention_ns / NS_PER_SECOND,
        max_ids=bounds.max_amount,
    )


def gather_ledger(machinery: Machinery, head: HeadCounters) -> LedgerStats:
    """The ledger now."""
    files = machinery.shelf.files.ledger
    return LedgerStats(
        rows=sum(file.rows for file in files),
        bytes=sum(file.bytes for file in files),
        recent_rows=head.ledger_rows,
        unlisted_copies=machinery.copies.unlisted,
    )


def gather_deletions(machinery: Machinery) -> DeletionStats:
    """Deletions and retention now."""
    snapshot = machinery.head.latest
    counters, merged = machinery.deletions.counters, machinery.compaction.counters
    return DeletionStats(
        active=len(snapshot.deletions),
        pending=0 if machinery.lookup is None else machinery.lookup.pending,
        marked_rows=sum(found.count for part in snapshot.parts for found in part.deleted),
        erased_rows=counters.erased_rows + merged.rows_in - merged.rows_out,
        counters=counters,
        retained=machinery.retention_chore.counters,
    )


def gather_quarantine(machinery: Machinery, head: HeadCounters) -> QuarantineStats:
    """The quarantine now."""
    files = machinery.shelf.files.quarantine
    return QuarantineStats(
        chunks=sum(file.chunks for file in files) + head.held_chunks,
        bytes=sum(file.bytes for file in files) + head.held_bytes,
        dropped={
            DROPPED_TOO_LARGE: head.held_too_large,
            DROPPED_CROWDED_OUT: head.held_crowded_out,
            DROPPED_EXPIRED: machinery.sealer.counters.expired_quarantined,
        },
    )
