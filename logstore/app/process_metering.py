"""The metrics of the process, under the names that Prometheus's client libraries give them in every program."""

from __future__ import annotations

from functools import partial

from prometheus_client import ProcessCollector

from logstore.metrics import Metric, MetricKind, Reading

_C, _G = MetricKind.COUNTER, MetricKind.GAUGE

# Metric, kind, help.
_PROCESS: tuple[tuple[str, MetricKind, str], ...] = (
    ("process_cpu_seconds_total", _C, "Processor time spent, user and system."),
    ("process_resident_memory_bytes", _G, "Memory that is resident."),
    ("process_virtual_memory_bytes", _G, "Addresses that are reserved."),
    ("process_open_fds", _G, "File descriptors that are open."),
    ("process_max_fds", _G, "File descriptors that may be open."),
    ("process_start_time_seconds", _G, "When the process started, Unix time."),
)


def system_metrics() -> tuple[Metric, ...]:
    """What the system tells of this process. What it does not tell, as outside of Linux, has no value."""
    samples = [sample for family in ProcessCollector(registry=None).collect() for sample in family.samples]
    told = {sample.name: sample.value for sample in samples}
    return tuple(Metric(name, kind, text, partial(_reading, told.get(name))) for name, kind, text in _PROCESS)


def _reading(value: float | None) -> Reading:
    return {} if value is None else value
