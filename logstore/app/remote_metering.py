"""The metrics of object storage, as `logstore.app.metering` has the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from logstore.metrics import Metric, MetricKind, Reading
from logstore.storage.remote.stats import RemoteStats

_C, _G = MetricKind.COUNTER, MetricKind.GAUGE


def _failures(stats: RemoteStats) -> Reading:
    return {name.replace(" ", "_"): counters.failures for name, counters in stats.chores.items()}


# Metric, kind, how to read it, label, help.
_REMOTE: tuple[tuple[str, MetricKind, Callable[[RemoteStats], Reading], str, str], ...] = (
    ("logstore_object_uploads_total", _C, lambda s: s.uploads.files, "", "Files uploaded and verified."),
    ("logstore_object_uploaded_bytes_total", _C, lambda s: s.uploads.bytes, "", "Bytes of those files."),
    ("logstore_object_failed_uploads_total", _C, lambda s: s.uploads.failures, "", "Parts whose upload failed."),
    ("logstore_object_upload_seconds_total", _C, lambda s: s.uploads.duration_ns / 1e9, "", "Time that uploads took."),
    ("logstore_object_upload_backlog_parts", _G, lambda s: s.uploads.waiting_parts, "", "Parts not uploaded yet."),
    ("logstore_object_upload_backlog_bytes", _G, lambda s: s.uploads.waiting_bytes, "", "Bytes of those parts."),
    (
        "logstore_object_upload_overdue_seconds",
        _G,
        lambda s: s.overdue_s,
        "",
        "For how long the part that waits longest should have been uploaded; 0 when none should.",
    ),
    ("logstore_object_fetches_total", _C, lambda s: s.fetches.fetches, "", "Parts fetched from object storage."),
    ("logstore_object_fetched_bytes_total", _C, lambda s: s.fetches.bytes, "", "Bytes of those parts."),
    ("logstore_object_failed_fetches_total", _C, lambda s: s.fetches.failures, "", "Parts that could not be fetched."),
    ("logstore_object_fetch_seconds_total", _C, lambda s: s.fetches.duration_ns / 1e9, "", "Time that fetches took."),
    ("logstore_object_removals_total", _C, lambda s: s.removed, "", "Objects removed from object storage."),
    (
        "logstore_object_failures_total",
        _C,
        _failures,
        "work",
        "Pieces of background work with object storage that failed.",
    ),
    ("logstore_object_parts", _G, lambda s: s.cache.parts, "", "Parts in object storage."),
    ("logstore_object_bytes", _G, lambda s: s.cache.bytes, "", "Bytes of the parts in object storage."),
    ("logstore_object_local_bytes", _G, lambda s: s.cache.local_bytes, "", "Bytes of those that are here too."),
    ("logstore_object_cache_bytes", _G, lambda s: s.cache.cached_bytes, "", "Bytes of the latter in the cache."),
    ("logstore_object_cache_limit_bytes", _G, lambda s: s.cache_limit_bytes, "", "Bound of the cache."),
    ("logstore_object_cache_hits_total", _C, lambda s: s.cache.hits, "", "Reads of parts that were on the local disk."),
    ("logstore_object_cache_misses_total", _C, lambda s: s.cache.misses, "", "Reads of parts that had to be fetched."),
    ("logstore_object_cache_evictions_total", _C, lambda s: s.cache.evictions, "", "Local files that made room."),
)  # fmt: skip


def remote_metrics(stats: RemoteStats) -> tuple[Metric, ...]:
    """The metrics of object storage, as it was at one instant."""
    return tuple(Metric(name, kind, text, partial(read, stats), label) for name, kind, read, label, text in _REMOTE)
