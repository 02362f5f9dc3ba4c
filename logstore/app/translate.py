"""What each part of the server needs to know, in its own words, out of the settings that its operator writes."""

from __future__ import annotations

import os

from ingest.decode.settings import DecodeSettings
from ingest.forward.limits import Limits
from ingest.partials import PartialLimits
from ingest.posts import PostSettings
from ingest.settings import ForwardSettings, Listener
from ingest.tags import TagRewriting
from logstore.app.retention_terms import retention_terms
from logstore.config.settings import Settings
from logstore.errors import SettingsError
from logstore.model.chunk import DEFAULT_TENANT
from logstore.model.levels import LevelScale
from logstore.storage.remote.settings import RemoteRules
from logstore.storage.settings import CompactionSettings, Durability, StorageSettings
from query.execution.limits import Limits as QueryLimits

# Where queries put what does not fit into memory, within the data directory.
_SPILL = "spill"
# Lines whose pieces a connection may mix. A container writes one at a time.
_MAX_PARTIAL_LINES = 64
_NS_PER_S = 1_000_000_000


def forward_settings(settings: Settings, decode_settings_id: int, listeners: tuple[Listener, ...]) -> ForwardSettings:
    """What the forward listeners need to know; chunks bear the id."""
    forward = settings.forward
    return ForwardSettings(
        listeners=listeners,
        limits=Limits(
            max_message_bytes=forward.max_message_bytes,
            max_inflated_bytes=settings.decode.max_inflated_bytes,
            drops_signals=forward.signals == "drop",
        ),
        max_connections=forward.max_connections,
        max_connections_per_source=forward.max_connections_per_source,
        max_unacked_bytes=forward.max_unacked_bytes,
        max_unfinished_bytes=forward.max_unfinished_bytes,
        deny_keepalive=forward.deny_keepalive,
        send_keepalive_packet=forward.send_keepalive_packet,
        idle_timeout_s=forward.idle_timeout_s,
        ack_timeout_s=forward.ack_timeout_s,
        message_timeout_s=forward.message_timeout_s,
        drain_timeout_s=forward.drain_timeout_s,
        decode_settings=decode_settings_id,
        tags=tag_rewriting(settings),
        partials=_partials(settings) if forward.join_partial_messages else None,
        finds_hostnames=bool(settings.decode.source_hostname_key),
    )


def tag_rewriting(settings: Settings) -> TagRewriting:
    """What becomes of tags.

    Raises:
        SettingsError: two prefixes are set.
    """
    forward = settings.forward
    if forward.add_tag_prefix and forward.tag_prefix:
        message = "settings forward.add_tag_prefix and forward.tag_prefix contradict each other"
        raise SettingsError(message, "set one of them: the first adds a dot, the second does not")
    prefix = f"{forward.add_tag_prefix}." if forward.add_tag_prefix else forward.tag_prefix
    return TagRewriting(forward.tag, prefix)


def _partials(settings: Settings) -> PartialLimits:
    timeout_ns = int(settings.forward.partial_timeout_s * _NS_PER_S)
    return PartialLimits(settings.forward.partial_max_bytes, _MAX_PARTIAL_LINES, timeout_ns)


def post_settings(settings: Settings, decode_settings_id: int) -> PostSettings:
    """What taking events over HTTP needs to know; chunks bear the id."""
    http = settings.http
    return PostSettings(
        max_body_bytes=http.max_ingest_bytes,
        max_unfinished_bytes=http.max_unfinished_bytes,
        max_requests=http.max_ingest_requests,
        body_timeout_s=http.body_timeout_s,
        max_inflated_bytes=settings.decode.max_inflated_bytes,
        decode_settings=decode_settings_id,
    )


def decode_settings(settings: Settings) -> DecodeSettings:
    """What the decoder needs to know."""
    decode = settings.decode
    return DecodeSettings(
        message_keys=decode.message_keys,
        level_keys=decode.level_keys,
        level_scale=LevelScale(decode.level_scale),
        time_keys=decode.time_keys,
        max_depth=decode.max_depth,
        max_decompressed_bytes=decode.max_inflated_bytes,
        source_address_key=decode.source_address_key,
        source_hostname_key=decode.source_hostname_key,
    )


def storage_settings(settings: Settings) -> StorageSettings:
    """What the store needs to know."""
    storage, ledger, quarantine = settings.storage, settings.ledger, settings.quarantine
    compaction = settings.compaction
    return StorageSettings(
        durability=Durability(storage.durability),
        sync_interval_s=storage.sync_interval_s,
        memory_budget_bytes=storage.memory_budget_bytes,
        seal_bytes=storage.seal_bytes,
        seal_log_bytes=storage.seal_log_bytes,
        seal_age_s=storage.seal_age_s,
        seal_compression_level=storage.seal_compression_level,
        compression_level=storage.compression_level,
        word_index=storage.word_index,
        gram_index=storage.gram_index,
        bloom_filters=storage.bloom_filters,
        chunk_id_retention_s=storage.chunk_id_retention_s,
        max_chunk_ids=storage.max_chunk_ids,
        min_free_share=storage.min_free_share,
        min_free_bytes=storage.min_free_bytes,
        scrub_interval_s=storage.scrub_interval_s,
        scrub_bytes_per_s=storage.scrub_bytes_per_s,
        ledger_retention_s=ledger.retention_s,
        max_ledger_bytes=ledger.max_bytes,
        quarantine_retention_s=quarantine.retention_s,
        max_quarantine_bytes=quarantine.max_bytes,
        max_quarantined_chunk_bytes=quarantine.max_chunk_bytes,
        max_ahead_s=storage.max_ahead_s,
        compaction=CompactionSettings(
            enabled=compaction.enabled,
            part_rows=compaction.part_rows,
            part_bytes=compaction.part_bytes,
            day_rows=compaction.day_rows,
            settle_s=compaction.settle_s,
            memory_bytes=compaction.memory_bytes,
            busy_share=compaction.busy_share,
        ),
        erase_after_s=settings.deletion.erase_after_s,
        retention={DEFAULT_TENANT: retention_terms(settings.retention)},
        remote=remote_rules(settings),
    )


def remote_rules(settings: Settings) -> RemoteRules:
    """How the store uses object storage."""
    objects = settings.object_storage
    return RemoteRules(
        upload_after_s=objects.upload_after_s,
        keep_local_s=objects.keep_local_s,
        cache_bytes=objects.cache_bytes,
        transfers=objects.transfers,
    )


def query_limits(settings: Settings) -> QueryLimits:
    """What the query engine needs to know."""
    query = settings.query
    return QueryLimits(
        time_s=query.timeout_s,
        export_time_s=query.export_timeout_s,
        memory_bytes=query.memory_bytes,
        threads=query.threads or os.cpu_count() or 1,
        max_running=query.concurrency,
        max_waiting=query.queue,
        wait_s=query.queue_timeout_s,
        temp_directory=str(settings.data / _SPILL),
        temp_bytes=query.spill_bytes,
    )
