"""Numbers that shape the storage engine, with their units and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from logstore.errors import SettingsError
from logstore.storage.remote.settings import RemoteRules
from logstore.storage.upkeep.retention_plan import Terms

MIB = 1 << 20

MOST_HELD_BYTES = 32 * MIB
"""Most bytes that one generation keeps of chunks that cannot be decoded, which are in memory until it is sealed. Larger
lets a flood of garbage take room from events; smaller keeps less of it."""


class Durability(str, Enum):
    """What an acknowledgement promises."""

    FSYNC = "fsync"
    """The chunk survives a crash of the machine."""
    INTERVAL = "interval"
    """It survives a crash of the process; a crash of the machine may lose the last `sync_interval_s`."""
    NONE = "none"
    """It survives a crash of the process; the machine writes it to disk when it likes."""


@dataclass(frozen=True, slots=True)
class CompactionSettings:
    """Settings of compaction.

    Attributes:
        enabled: whether parts are merged at all.
        part_rows, part_bytes: size of a full part, whichever is reached first. Larger makes fewer files, but a deletion
            of one event rewrites a whole part; smaller makes queries open more of them.
        day_rows: so many rows of a day are worth a part of their own. Fewer make more files of a backfill, more let
            questions of a day read rows of others.
        settle_s: so long after the end of an hour or a day its parts are merged. Longer leaves small parts for longer;
            shorter rewrites more of what comes late.
        memory_bytes: about as much memory is used, however large the parts are. With less, parts as they were sealed
            (`seal_bytes`) are read several times.
        busy_share: most of a CPU, and of the time of the disk, that is used. More catches up sooner; less leaves more
            to ingest and queries.
    """

    enabled: bool = True
    part_rows: int = 4_000_000
    part_bytes: int = 256 * MIB
    day_rows: int = 65_536
    settle_s: float = 900.0
    memory_bytes: int = 384 * MIB
    busy_share: float = 0.5


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Settings of a store.

    Attributes:
        durability: when a chunk is acknowledged.
        sync_interval_s: longest time between syncs under `Durability.INTERVAL`. Longer loses more when the machine
            crashes, shorter costs a sync more often.
        max_group_bytes: most payload bytes in one group commit. Larger makes the first chunk of a group wait longer;
            smaller pays for more syncs.
        max_segment_bytes: a log segment is closed once it is larger. Larger frees disk space later and makes replay
            hold more at once; smaller creates files more often.
        max_run_bytes: about as many payload bytes, decompressed, are decoded in one call. Larger makes events visible
            later under load; smaller pays the fixed cost of a call more often.
        memory_budget_bytes: queued, undecoded, recent and sealing bytes together; intake stops when it is full. Must
            hold a generation that is being sealed and the one that fills meanwhile. A seal needs about as much again.
        seal_bytes: a generation is sealed at this many bytes of Arrow. Larger makes fewer, larger parts, needs more
            memory and makes a restart replay more.
        seal_log_bytes: a generation is sealed at this many bytes of the log, however little came of them (garbage is
            stored too before it is known as such). Larger takes more disk, and more memory when a restart replays it.
        seal_age_s: a generation is sealed when its oldest entry has been in memory for so long. Longer makes fewer
            parts for quiet stores; shorter bounds what a restart replays.
        seal_backoff_s: pause after the first failed seal; doubles with each further failure.
        max_seal_backoff_s: the longest pause; longer leaves intake stopped after space has returned.
        max_parts_per_seal: parts that one generation may become. More lets a backfill of a thousand hours make a
            thousand tiny files; fewer leaves more for compaction to split.
        max_listed_tags: the distinct tags of a part are listed when they are at most so many, for pruning by tag.
        row_group_rows: most rows of a row group of merged parts. Larger costs more per needle read; smaller costs
            metadata, and time to read all of it (docs/decisions/part-layout.md has the figures).
        sort_bucket_rows: rows of a merged part that are sorted by tag among themselves. Larger compresses better and
            keeps a tag together; smaller lets a newest-first reader stop earlier.
        fresh_row_group_rows, fresh_sort_bucket_rows: the same of parts as they are sealed, where what is cheaper to
            write counts.
        seal_compression_level: zstd level of parts as they are sealed; 0 writes them fast, half as large again.
        compression_level: zstd level of parts that are made of others. 1 to 3 write at 500 to 600 k events/s per core;
            beyond, time doubles for a few per cent of size.
        word_index, gram_index: whether parts get an index of words and values, and of pieces of text.
        bloom_filters: whether merged parts have Bloom filters of ids in Parquet although they have word indexes.
        chunk_id_retention_s: how long chunk ids are remembered. Must exceed how long a sender goes on resending
            (Fluentd: 72 h), or its copy is stored again.
        max_chunk_ids: chunk ids that are remembered at most; the oldest go first. 32 bytes of disk and up to 8 bytes of
            memory each.
        ledger_retention_s, max_ledger_bytes: how long the ledger tells of a chunk, and what its files take together.
            About 80 bytes a chunk.
        quarantine_retention_s, max_quarantine_bytes: how long chunks that cannot be decoded are kept, and what they
            take together.
        max_quarantined_chunk_bytes: a larger chunk is not kept.
        erase_after_s: the rows of a deletion are taken out of the files so long after it was made. Longer leaves more
            time to undo it.
        retention: what is kept for how long, for each tenant.
        remote: how object storage is used, when there is one.
        removal_grace_s: files that nobody lists are kept for so long, for readers that took the list just before.
        max_ahead_s: an event whose time is further ahead of its receipt is counted and told of.
        compaction: what is merged, when, and how hard.
        parts_file_s: the list of parts for other engines follows a change after so long. Must be well below
            `removal_grace_s`; smaller writes it more often while much is compacted.
        min_free_share, min_free_bytes: intake stops when less than this share of the disk is free, or less than so many
            bytes where that is less. Smaller leaves too little for a seal, and for the system. Zero: never.
        scrub_interval_s: about how long it takes to read all parts once to find damage; 0: that is not done.
        scrub_bytes_per_s: and how fast at most. Larger takes more of the disk from queries.
    """

    durability: Durability = Durability.FSYNC
    sync_interval_s: float = 1.0
    max_group_bytes: int = 16 * MIB
    max_segment_bytes: int = 64 * MIB
    max_run_bytes: int = 16 * MIB
    memory_budget_bytes: int = 288 * MIB
    seal_bytes: int = 96 * MIB
    seal_log_bytes: int = 256 * MIB
    seal_age_s: float = 300.0
    seal_backoff_s: float = 1.0
    max_seal_backoff_s: float = 30.0
    max_parts_per_seal: int = 8
    max_listed_tags: int = 1000
    row_group_rows: int = 32_768
    sort_bucket_rows: int = 131_072
    fresh_row_group_rows: int = 65_536
    fresh_sort_bucket_rows: int = 300_000
    seal_compression_level: int = 0
    compression_level: int = 1
    word_index: bool = True
    gram_index: bool = True
    bloom_filters: bool = False
    chunk_id_retention_s: float = 80 * 3600.0
    max_chunk_ids: int = 30_000_000
    ledger_retention_s: float = 30 * 86_400.0
    max_ledger_bytes: int = 512 * MIB
    quarantine_retention_s: float = 30 * 86_400.0
    max_quarantine_bytes: int = 256 * MIB
    max_quarantined_chunk_bytes: int = 16 * MIB
    erase_after_s: float = 86_400.0
    retention: Mapping[str, Terms] = field(default_factory=dict)
    removal_grace_s: float = 60.0
    max_ahead_s: float = 600.0
    compaction: CompactionSettings = CompactionSettings()
    parts_file_s: float = 1.0
    remote: RemoteRules = field(default_factory=RemoteRules)
    min_free_share: float = 0.05
    min_free_bytes: int = 1024 * MIB
    scrub_interval_s: float = 7 * 86_400.0
    scrub_bytes_per_s: int = 16 * MIB

    def __post_init__(self) -> None:
        if self.seal_bytes * 2 > self.memory_budget_bytes:
            raise SettingsError("memory_budget_bytes must be at least twice seal_bytes, or every seal stops intake")
        if self.max_parts_per_seal < 1:
            raise SettingsError("max_parts_per_seal must be at least 1")
