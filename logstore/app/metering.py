"""Which numbers become which metrics: the one list, which `docs/metrics.md` repeats.

Nothing is counted here: the parts of the server count for themselves, in plain numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ingest.counters import IntakeCounters
from ingest.post_counters import PostCounters
from logstore import __version__
from logstore.app.api.requests import RequestCounters
from logstore.app.own_log.keeping import KeptLog
from logstore.app.own_log.output import LineCounter
from logstore.app.question_counters import QuestionCounters
from logstore.metrics import Metric, MetricKind, Reading
from logstore.storage.stats import StoreStats
from query.execution.admission import Load

_C, _G = MetricKind.COUNTER, MetricKind.GAUGE

# Metric, kind, attribute of `IntakeCounters`, label, help.
_INTAKE: tuple[tuple[str, MetricKind, str, str, str], ...] = (
    ("logstore_ingest_connections_total", _C, "connections_accepted", "", "Connections of senders accepted."),
    ("logstore_ingest_connections_open", _G, "connections_open", "", "Connections of senders open now."),
    (
        "logstore_ingest_connections_refused_total",
        _C,
        "connections_refused",
        "reason",
        "Connections closed at once because of a limit.",
    ),
    (
        "logstore_ingest_connections_cut_total",
        _C,
        "connections_cut",
        "reason",
        "Connections ended by the server for another reason than malformed data.",
    ),
    (
        "logstore_ingest_probes_total",
        _C,
        "probes",
        "",
        "Connections that closed without having sent a byte, but for a handshake.",
    ),
    ("logstore_ingest_handshakes_total", _C, "handshakes", "", "Senders that proved that they may send."),
    ("logstore_ingest_rejected_senders_total", _C, "rejected", "reason", "Senders that could not prove that they may."),
    ("logstore_ingest_tls_handshakes_total", _C, "tls_handshakes", "", "TLS handshakes done."),
    ("logstore_ingest_tls_failures_total", _C, "tls_failures", "reason", "TLS handshakes that failed."),
    (
        "logstore_ingest_certificate_reloads_total",
        _C,
        "certificate_reloads",
        "outcome",
        "Times that the files of TLS were read again; after `failed` the old ones stay in use.",
    ),
    (
        "logstore_ingest_certificate_expiry_timestamp_seconds",
        _G,
        "certificate_expiry",
        "listener",
        "When the certificate of a listener expires, Unix time.",
    ),
    ("logstore_ingest_udp_heartbeats_total", _C, "udp_heartbeats", "", "UDP heartbeats answered."),
    ("logstore_ingest_heartbeats_total", _C, "heartbeats", "", "Heartbeat messages received."),
    ("logstore_ingest_received_bytes_total", _C, "received_bytes", "", "Bytes read from senders."),
    ("logstore_ingest_messages_total", _C, "messages", "", "Messages of the forward protocol, without heartbeats."),
    ("logstore_ingest_chunks_total", _C, "chunks", "mode", "Chunks given to the store."),
    ("logstore_ingest_chunk_bytes_total", _C, "chunk_bytes", "", "Payload of the chunks given to the store."),
    ("logstore_ingest_acks_total", _C, "acks", "", "Acknowledgements written."),
    ("logstore_ingest_duplicates_total", _C, "duplicates", "kind", "Copies of chunks that were not stored again."),
    ("logstore_ingest_repeats_total", _C, "repeats", "", "Chunks stored although their id was known."),
    ("logstore_ingest_store_failures_total", _C, "store_failures", "", "Chunks that could not be stored."),
    ("logstore_ingest_discarded_total", _C, "discarded", "reason", "Messages acknowledged but not stored."),
    ("logstore_ingest_malformed_total", _C, "malformed", "reason", "Connections that could not be read on."),
    ("logstore_ingest_oddities_total", _C, "notes", "kind", "Oddities of senders that were put up with."),
    ("logstore_ingest_partial_messages_total", _C, "partials", "kind", "Pieces of lines that Docker has split."),
    (
        "logstore_ingest_unfinished_bytes_total",
        _C,
        "unfinished_bytes",
        "",
        "Bytes of messages whose connection ended before they did.",
    ),
    ("logstore_ingest_read_pauses_total", _C, "read_pauses", "reason", "Times that a connection was no longer read."),
    ("logstore_ingest_unacked_bytes", _G, "unacked_bytes", "", "Payload that is being stored now."),
)


def intake_metrics(counters: IntakeCounters) -> tuple[Metric, ...]:
    """The metrics of the forward listener."""
    return tuple(
        Metric(name, kind, text, partial(getattr, counters, attribute), label)
        for name, kind, attribute, label, text in _INTAKE
    )


# Metric, attribute of `PostCounters`, label, help. All are counters.
_POSTS: tuple[tuple[str, str, str, str], ...] = (
    ("logstore_http_ingest_requests_total", "requests", "status", "Requests with events, answered or given up."),
    ("logstore_http_ingest_received_bytes_total", "received_bytes", "", "Bytes of bodies with events, as received."),
    ("logstore_http_ingest_events_total", "stored", "", "Events stored that came over HTTP."),
    ("logstore_http_ingest_rejected_events_total", "rejected", "reason", "Events over HTTP that could not be read."),
    ("logstore_http_ingest_duplicates_total", "duplicates", "", "Requests that were copies of stored ones."),
)


def post_metrics(counters: PostCounters) -> tuple[Metric, ...]:
    """The metrics of events over HTTP."""
    return tuple(
        Metric(name, _C, text, partial(getattr, counters, attribute), label) for name, attribute, label, text in _POSTS
    )


def process_metrics(start_ns: int, is_ready: Callable[[], bool]) -> tuple[Metric, ...]:
    """The metrics of the process itself."""

    def version() -> Reading:
        return {__version__: 1}

    return (
        Metric("logstore_build_info", _G, "Always 1; the version is in the label.", version, "version"),
        Metric("logstore_start_time_seconds", _G, "When the server started, Unix time.", lambda: start_ns / 1e9),
        Metric("logstore_ready", _G, "1 while the server takes work, else 0.", lambda: float(is_ready())),
    )


def decode_metrics(kernel: str) -> tuple[Metric, ...]:
    """What is said of the decoder."""

    def info() -> Reading:
        return {kernel: 1}

    return (
        Metric("logstore_decode_kernel_info", _G, "Always 1; the decoder that runs is in the label.", info, "kernel"),
    )


# Metric, kind, how to read it, label, help.
_STORE: tuple[tuple[str, MetricKind, Callable[[StoreStats], Reading], str, str], ...] = (
    ("logstore_log_bytes", _G, lambda s: s.log.bytes, "", "Bytes of the write-ahead log on disk."),
    ("logstore_log_segments", _G, lambda s: s.log.segments, "", "Files of the write-ahead log."),
    ("logstore_log_appended_bytes_total", _C, lambda s: s.log.appended_bytes, "", "Bytes appended to the log."),
    ("logstore_log_entries_total", _C, lambda s: s.log.entries, "", "Chunks appended to the log."),
    ("logstore_log_groups_total", _C, lambda s: s.log.groups, "", "Group commits of the log."),
    ("logstore_log_failed_groups_total", _C, lambda s: s.log.failed_groups, "", "Group commits that failed."),
    ("logstore_log_syncs_total", _C, lambda s: s.log.syncs, "", "Syncs of the log to disk."),
    (
        "logstore_log_sync_failures_total",
        _C,
        lambda s: s.log.failed_syncs,
        "",
        "Syncs of the log that failed; nothing of their groups was acknowledged.",
    ),
    ("logstore_log_sync_seconds_total", _C, lambda s: s.log.sync_ns / 1e9, "", "Time spent in syncs of the log."),
    (
        "logstore_log_sync_duration_seconds",
        MetricKind.HISTOGRAM,
        lambda s: s.log.sync_durations,
        "",
        "How long syncs of the log took, each of which a group of chunks waits for.",
    ),
    ("logstore_log_queued_chunks", _G, lambda s: s.queued_chunks, "", "Chunks that wait for their group commit."),
    ("logstore_head_rows", _G, lambda s: s.head.rows, "", "Events in memory."),
    ("logstore_head_bytes", _G, lambda s: s.head.bytes, "", "Arrow bytes of the events in memory."),
    ("logstore_head_batches", _G, lambda s: s.head.batches, "", "Batches that hold the events in memory."),
    ("logstore_head_undecoded_entries", _G, lambda s: s.head.undecoded_entries, "", "Chunks not decoded yet."),
    ("logstore_decoded_events_total", _C, lambda s: s.head.decoded_events, "", "Events decoded."),
    ("logstore_rejected_events_total", _C, lambda s: s.head.rejected, "reason", "Events that could not be decoded."),
    ("logstore_changed_values_total", _C, lambda s: s.head.changed, "kind", "Values changed on the way in."),
    (
        "logstore_early_events_total",
        _C,
        lambda s: s.head.early_events,
        "",
        "Events whose time was far ahead of their receipt.",
    ),
    ("logstore_seals_total", _C, lambda s: s.seals.seals, "", "Generations sealed."),
    ("logstore_failed_seals_total", _C, lambda s: s.seals.failures, "", "Attempts to seal that failed."),
    ("logstore_sealed_rows_total", _C, lambda s: s.seals.rows, "", "Events sealed into parts."),
    ("logstore_sealed_bytes_total", _C, lambda s: s.seals.bytes, "", "Bytes of the parts written."),
    ("logstore_seal_seconds_total", _C, lambda s: s.seals.duration_ns / 1e9, "", "Time that seals took."),
    ("logstore_generation", _G, lambda s: s.generation, "", "Number of the last sealed generation."),
    ("logstore_parts", _G, lambda s: s.parts, "", "Parts."),
    ("logstore_part_rows", _G, lambda s: s.part_rows, "", "Events in parts."),
    ("logstore_part_bytes", _G, lambda s: s.part_bytes, "", "Bytes of parts."),
    (
        "logstore_parts_unfit",
        _G,
        lambda s: s.unfit_parts,
        "",
        "Parts that are damaged or missing, which answers lack.",
    ),
    ("logstore_part_rows_unfit", _G, lambda s: s.unfit_rows, "", "Events in these parts."),
    ("logstore_indexed_parts", _G, lambda s: s.indexed_parts, "", "Parts that have a word index."),
    ("logstore_index_bytes", _G, lambda s: s.index_bytes, "", "Bytes of word indexes."),
    (
        "logstore_files_to_remove",
        _G,
        lambda s: s.files_to_remove,
        "",
        "Files of parts that were replaced, which wait until nobody can be reading them.",
    ),
    (
        "logstore_indexes_waiting",
        _G,
        lambda s: s.indexing.waiting,
        "",
        "Parts whose word index is still to be made, or to be completed.",
    ),
    (
        "logstore_indexes_made_total",
        _C,
        lambda s: s.indexing.built,
        "",
        "Word indexes made in the background, for parts that had none or a damaged one.",
    ),
    ("logstore_indexes_damaged_total", _C, lambda s: s.indexes.damaged, "", "Word indexes found to be damaged."),
    ("logstore_index_probes_total", _C, lambda s: s.indexes.probes, "", "Texts looked up in the index of a part."),
    (
        "logstore_index_row_groups_left_out_total",
        _C,
        lambda s: s.indexes.left_out,
        "",
        "Row groups that queries did not read because of word indexes.",
    ),
    ("logstore_parts_by_level", _G, lambda s: s.parts_by_level, "level", "Parts, by what compaction has made of them."),
    (
        "logstore_compactions_total",
        _C,
        lambda s: s.compaction.merges,
        "reason",
        "Merges of parts, by what they are for.",
    ),
    (
        "logstore_compaction_stale_total",
        _C,
        lambda s: s.compaction.stale,
        "",
        "Merges given up: their parts had changed.",
    ),
    (
        "logstore_compaction_parts_total",
        _C,
        lambda s: {"in": s.compaction.parts_in, "out": s.compaction.parts_out},
        "direction",
        "Parts that were merged, and that came of it.",
    ),
    (
        "logstore_compaction_rows_total",
        _C,
        lambda s: {"in": s.compaction.rows_in, "out": s.compaction.rows_out},
        "direction",
        "Events of those parts. More of them than sealed events tell how often events are rewritten.",
    ),
    (
        "logstore_compaction_bytes_total",
        _C,
        lambda s: {"in": s.compaction.bytes_in, "out": s.compaction.bytes_out},
        "direction",
        "Bytes of those parts.",
    ),
    ("logstore_compaction_seconds_total", _C, lambda s: s.compaction.busy_ns / 1e9, "", "Time spent on merging parts."),
    ("logstore_compaction_backlog", _G, lambda s: s.compaction.planned_merges, "", "Merges that are due."),
    ("logstore_compaction_backlog_bytes", _G, lambda s: s.compaction.planned_bytes, "", "Bytes of their parts."),
    (
        "logstore_compaction_damaged_parts",
        _G,
        lambda s: s.compaction.damaged,
        "",
        "Parts that could not be read to be merged, and are left alone.",
    ),
    ("logstore_memory_bytes", _G, lambda s: s.memory_bytes, "", "Bytes of events that are not sealed yet."),
    ("logstore_memory_budget_bytes", _G, lambda s: s.memory_budget_bytes, "", "Limit of those bytes."),
    ("logstore_open_snapshots", _G, lambda s: s.open_snapshots, "", "Queries that hold a snapshot now."),
    ("logstore_chunk_ids", _G, lambda s: s.chunk_ids.recent + s.chunk_ids.sealed, "", "Chunk ids remembered."),
    ("logstore_chunk_ids_max", _G, lambda s: s.chunk_ids.max_ids, "", "Most chunk ids that are remembered in files."),
    (
        "logstore_chunk_ids_oldest_seconds",
        _G,
        lambda s: s.chunk_ids.oldest_s,
        "",
        "Age of the oldest chunk ids remembered, since their seal.",
    ),
    (
        "logstore_chunk_ids_retention_seconds",
        _G,
        lambda s: s.chunk_ids.retention_s,
        "",
        "Age at which chunk ids are forgotten.",
    ),
    ("logstore_ledger_rows", _G, lambda s: s.ledger.rows + s.ledger.recent_rows, "", "Rows of the chunk ledger."),
    ("logstore_ledger_bytes", _G, lambda s: s.ledger.bytes, "", "Bytes of the ledger on disk."),
    (
        "logstore_ledger_unlisted_copies_total",
        _C,
        lambda s: s.ledger.unlisted_copies,
        "",
        "Copies of chunks that came too many at once to be listed.",
    ),
    ("logstore_quarantine_chunks", _G, lambda s: s.quarantine.chunks, "", "Chunks in quarantine."),
    ("logstore_quarantine_bytes", _G, lambda s: s.quarantine.bytes, "", "Bytes of the chunks in quarantine."),
    (
        "logstore_quarantine_dropped_total",
        _C,
        lambda s: s.quarantine.dropped,
        "reason",
        "Chunks that did not stay in quarantine because of a bound.",
    ),
    ("logstore_deletions_active", _G, lambda s: s.deletions.active, "", "Deletions that are active."),
    (
        "logstore_deletion_pending_lookups",
        _G,
        lambda s: s.deletions.pending,
        "",
        "Pairs of deletion and part that queries test because they are not looked up yet.",
    ),
    (
        "logstore_deletion_marked_rows",
        _G,
        lambda s: s.deletions.marked_rows,
        "",
        "Rows in parts that active deletions are known to cover, counted for each of them.",
    ),
    ("logstore_deletions_made_total", _C, lambda s: s.deletions.counters.made, "", "Deletions made by people."),
    ("logstore_deletions_undone_total", _C, lambda s: s.deletions.counters.undone, "", "Deletions undone."),
    (
        "logstore_deletions_done_total",
        _C,
        lambda s: s.deletions.counters.done,
        "",
        "Deletions of which nothing is left.",
    ),
    ("logstore_deletion_lookups_total", _C, lambda s: s.deletions.counters.looked_up, "", "Lookups of one in a part."),
    (
        "logstore_erased_rows_total",
        _C,
        lambda s: s.deletions.erased_rows,
        "",
        "Deleted rows that were taken out of parts.",
    ),
    (
        "logstore_retention_dropped_parts_total",
        _C,
        lambda s: s.deletions.retained.parts,
        "reason",
        "Parts that retention has dropped.",
    ),
    (
        "logstore_retention_dropped_rows_total",
        _C,
        lambda s: s.deletions.retained.rows,
        "reason",
        "Events in the parts that retention has dropped.",
    ),
    (
        "logstore_retention_dropped_bytes_total",
        _C,
        lambda s: s.deletions.retained.bytes,
        "reason",
        "Bytes of the parts that retention has dropped.",
    ),
    (
        "logstore_upkeep_failures_total",
        _C,
        lambda s: s.upkeep_failures,
        "chore",
        "Pieces of background work that failed.",
    ),
    (
        "logstore_quarantined_files",
        _G,
        lambda s: len(s.recovery.quarantined),
        "",
        "Files and stretches of the log set aside at the start.",
    ),
    (
        "logstore_damaged_parts_total",
        _C,
        lambda s: s.taken_out,
        "",
        "Parts found damaged or missing by a query or in the background.",
    ),
    (
        "logstore_scrub_bytes_total",
        _C,
        lambda s: s.scrub.bytes,
        "",
        "Bytes of parts read in the background to find damage.",
    ),
    (
        "logstore_scrub_passes_total",
        _C,
        lambda s: s.scrub.passes,
        "",
        "Times that all parts were read to find damage.",
    ),
    (
        "logstore_scrub_passed_timestamp_seconds",
        _G,
        lambda s: s.scrub.passed_ns / 1e9,
        "",
        "When that last ended, Unix time; 0 before.",
    ),
    (
        "logstore_disk_bytes",
        _G,
        lambda s: s.disk.space.total,
        "",
        "Bytes of the disk of the data directory.",
    ),
    (
        "logstore_disk_free_bytes",
        _G,
        lambda s: s.disk.space.free,
        "",
        "Bytes of it that are free.",
    ),
    (
        "logstore_disk_low_mark_bytes",
        _G,
        lambda s: s.disk.low,
        "",
        "Free bytes below which nothing is taken in.",
    ),
    (
        "logstore_disk_full",
        _G,
        lambda s: float(s.disk.is_full),
        "",
        "1 while nothing is taken in because the disk is nearly full, else 0.",
    ),
    (
        "logstore_disk_full_stops_total",
        _C,
        lambda s: s.disk.stops,
        "",
        "Times that intake stopped because the disk was nearly full.",
    ),
)


def store_metrics(stats: StoreStats) -> tuple[Metric, ...]:
    """The metrics of the store, as it was at one instant."""
    return tuple(Metric(name, kind, text, partial(read, stats), label) for name, kind, read, label, text in _STORE)


def question_metrics(counters: QuestionCounters, load: Load, open_tails: int) -> tuple[Metric, ...]:
    """The metrics of questions."""
    return (
        Metric(
            "logstore_queries_total", _C, "Questions, by what became of them.", lambda: counters.outcomes, "outcome"
        ),
        Metric(
            "logstore_query_duration_seconds",
            MetricKind.HISTOGRAM,
            "How long questions took, from when they were asked to their last row.",
            lambda: counters.durations,
            "kind",
        ),
        Metric("logstore_queries_running", _G, "Questions that have a place to run now.", lambda: load.running),
        Metric(
            "logstore_queries_running_long",
            _G,
            "Those of them that must read much before they can answer, for which half of the places are at most.",
            lambda: load.long,
        ),
        Metric("logstore_query_places", _G, "Questions that can run at once.", lambda: load.places),
        Metric("logstore_queries_waiting", _G, "Questions that wait for a place.", lambda: load.waiting),
        Metric("logstore_queries_waited_total", _C, "Questions that had to wait for a place.", lambda: load.waited),
        Metric(
            "logstore_query_wait_seconds",
            MetricKind.HISTOGRAM,
            "How long questions waited for a place, in vain or not; 0 for those that had not to.",
            lambda: load.waits,
        ),
        Metric("logstore_query_rows_total", _C, "Rows of answers.", lambda: counters.rows),
        Metric(
            "logstore_query_read_parts_total",
            _C,
            "Parts, and batches in memory, that questions looked into.",
            lambda: counters.read("parts"),
        ),
        Metric("logstore_query_read_rows_total", _C, "Events that these hold.", lambda: counters.read("rows")),
        Metric(
            "logstore_query_read_bytes_total",
            _C,
            "Bytes of these parts, without row groups that were left out; columns that were not read are in it.",
            lambda: counters.read("bytes"),
        ),
        Metric("logstore_tails_open", _G, "Live tails open now.", lambda: open_tails),
    )


def log_metrics(lines: LineCounter, kept: KeptLog) -> tuple[Metric, ...]:
    """The metrics of what the server logs of itself."""
    return (
        Metric(
            "logstore_server_log_lines_total", _C, "Lines that the server has logged.", lambda: lines.lines, "level"
        ),
        Metric(
            "logstore_server_log_dropped_total",
            _C,
            "Of these, lines that were to be stored and were not; `log.to_itself`.",
            lambda: kept.dropped,
            "reason",
        ),
    )


def http_metrics(counters: RequestCounters) -> tuple[Metric, ...]:
    """The metrics of the HTTP API."""
    return (
        Metric(
            "logstore_http_requests_total",
            _C,
            "HTTP requests answered, by status; 499 are those whose asker went away.",
            lambda: counters.by_status,
            "status",
        ),
    )
