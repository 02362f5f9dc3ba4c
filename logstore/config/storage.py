"""`[storage]`, `[ledger]` and `[quarantine]`: what is kept, how safely and for how long."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from logstore.config.section import KIB, MIB, Section


class StorageSettings(Section):
    """The write-ahead log and the sealing of parts."""

    durability: Literal["fsync", "interval", "none"] = "fsync"
    """When a chunk is acknowledged. `fsync`: when it is on disk. `interval`: when the system has it, which is made to
    write it to disk every `sync_interval_s`; a crash of the machine may lose that much. `none`: likewise, but the
    system writes when it likes."""

    sync_interval_s: float = Field(default=1.0, gt=0)
    """Seconds between syncs with durability `interval`. Longer loses more when the machine crashes, shorter costs a
    sync more often."""

    memory_budget_bytes: int = Field(default=288 * MIB, ge=8 * MIB)
    """Events in memory that are not sealed yet. When it is used up senders are not read until a seal is done; nothing
    is dropped. At least twice `seal_bytes`; a seal needs about as much again."""

    seal_bytes: int = Field(default=96 * MIB, ge=1 * MIB)
    """Arrow bytes of recent events that are sealed into Parquet parts. Larger makes fewer, better parts, needs more
    memory and makes a restart replay more."""

    seal_log_bytes: int = Field(default=256 * MIB, ge=1 * MIB)
    """Bytes of the log at which recent events are sealed, however few they are. Larger takes more disk, and more memory
    when a restart replays them."""

    seal_age_s: float = Field(default=300.0, gt=0)
    """Seconds after which events are sealed although they are few. Longer makes fewer parts in quiet stores; shorter
    bounds what a restart replays."""

    seal_compression_level: int = Field(default=0, ge=0, le=19)
    """zstd level of parts as they are sealed. 0 compresses little, in two thirds of the time: parts are half as large
    again until they are merged with others. Choose 1 where disk is dearer than CPU."""

    compression_level: int = Field(default=1, ge=1, le=19)
    """zstd level of parts that are merged of others, and kept. Levels 1 to 3 are fast; higher ones take much more time
    for a few per cent of size."""

    word_index: bool = True
    """Whether a file beside each part tells which pieces of it may hold a word of `message`, or a value of another text
    field. Without it, queries for rare words, ids and names read everything. Takes about a tenth of the part. Ids have
    their place in it when parts are merged."""

    gram_index: bool = True
    """Whether that file also tells of eight and more characters anywhere in a message, for `*substrings*` and regular
    expressions, once parts are merged. Takes another twentieth of the part. Needs `word_index`."""

    bloom_filters: bool = False
    """Whether merged parts have Parquet's Bloom filters of columns that hold ids, also when they have a word index,
    which tells as much. Other engines then find the row groups of an id in the part alone. Takes another seventeenth of
    the part. Parts without a word index have them in any case."""

    max_ahead_s: float = Field(default=600.0, gt=0)
    """Seconds that the time of an event may be ahead of its receipt. What is further ahead is stored like all else, but
    counted and told of in the log: the clock of its sender is wrong."""

    chunk_id_retention_s: float = Field(default=80 * 3600.0, gt=0)
    """Seconds that chunk ids are remembered. Must exceed how long a sender goes on resending (Fluentd: 72 hours), or
    its copy is stored again."""

    max_chunk_ids: int = Field(default=30_000_000, ge=1_000)
    """Chunk ids that are remembered at most; above it the oldest are forgotten before their time. The default is a
    hundred chunks a second for `chunk_id_retention_s`. A million takes 32 MB of disk and up to 8 MB of memory."""

    min_free_share: float = Field(default=0.05, ge=0, le=1)
    """Share of the disk that is kept free: below it senders are not read until a fifth more than that is free. What was
    taken can then still be sealed. 0 turns it off."""

    min_free_bytes: int = Field(default=1024 * MIB, ge=0)
    """Bytes that suffice on a large disk, of which `min_free_share` would be more. Less than the events in memory take
    (`memory_budget_bytes`) may leave a seal too little room. 0 turns it off."""

    scrub_interval_s: float = Field(default=7 * 86_400.0, ge=0)
    """About how many seconds it takes to read all parts once, in the background, to find damage before a query does.
    Shorter finds it earlier and reads more. 0 turns it off."""

    scrub_bytes_per_s: int = Field(default=16 * MIB, ge=64 * KIB)
    """Bytes per second that this reads at most, whatever the interval. Larger takes more of the disk from queries."""


class LedgerSettings(Section):
    """The chunk ledger: what became of each chunk."""

    retention_s: float = Field(default=30 * 86_400.0, gt=0)
    """Seconds that a chunk can be asked for after it was sealed. Longer takes more disk, up to `max_bytes`."""

    max_bytes: int = Field(default=512 * MIB, ge=1 * MIB)
    """Disk that the ledger may use; above it the oldest generations go first. About 80 bytes a chunk; single messages
    take one row for each connection and minute."""


class QuarantineSettings(Section):
    """Chunks of which events could not be decoded, kept as they were received."""

    retention_s: float = Field(default=30 * 86_400.0, gt=0)
    """Seconds that a chunk is kept. Longer gives more time to look into it."""

    max_bytes: int = Field(default=256 * MIB, ge=1 * MIB)
    """Disk that they may use together; above it the oldest go first, and are counted. The ledger goes on telling what
    was rejected and why."""

    max_chunk_bytes: int = Field(default=16 * MIB, ge=1 * KIB)
    """A larger chunk is not kept, only counted. Until the next seal chunks in quarantine are in memory, up to 32 MiB or
    one chunk of this size: larger takes that room from events."""
