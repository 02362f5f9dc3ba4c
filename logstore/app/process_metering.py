"""The metrics of the process, under the names that Prometheus's client libraries give them in every program.

Theirs need `/proc/stat`, which a hardened unit (`ProcSubset=pid`) does not show; these need nothing of other processes.
"""

from __future__ import annotations

import math
import os
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from logstore.metrics import Metric, MetricKind, Reading

_C, _G = MetricKind.COUNTER, MetricKind.GAUGE

# Metric, kind, help.
_PROCESS: Final[tuple[tuple[str, MetricKind, str], ...]] = (
    ("process_cpu_seconds_total", _C, "Processor time spent, user and system."),
    ("process_resident_memory_bytes", _G, "Memory that is resident."),
    ("process_virtual_memory_bytes", _G, "Addresses that are reserved."),
    ("process_open_fds", _G, "File descriptors that are open."),
    ("process_max_fds", _G, "File descriptors that may be open."),
    ("process_start_time_seconds", _G, "When the process started, Unix time."),
)

_START_FIELD: Final = 22
"""Of /proc/self/stat, counted from one: when the process started, in clock ticks since the machine did."""


def system_metrics(proc: Path = Path("/proc/self")) -> tuple[Metric, ...]:
    """What the system tells of this process. What it does not tell, as outside of Linux, has no value.

    Args:
        proc: what the kernel tells of the process in files.
    """
    told = {**_usage(), **_from(partial(_memory, proc)), **_from(partial(_files, proc)), **_from(partial(_start, proc))}
    return tuple(Metric(name, kind, text, partial(_reading, told.get(name))) for name, kind, text in _PROCESS)


def _reading(value: float | None) -> Reading:
    return {} if value is None else value


def _from(read: Callable[[], Mapping[str, float]]) -> Mapping[str, float]:
    with suppress(OSError):
        return read()
    return {}


def _usage() -> Mapping[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return {
        "process_cpu_seconds_total": used.ru_utime + used.ru_stime,
        "process_max_fds": math.inf if most_files == resource.RLIM_INFINITY else most_files,
    }


def _memory(proc: Path) -> Mapping[str, float]:
    virtual, resident = (int(pages) * resource.getpagesize() for pages in (proc / "statm").read_text().split()[:2])
    return {"process_virtual_memory_bytes": virtual, "process_resident_memory_bytes": resident}


def _files(proc: Path) -> Mapping[str, float]:
    return {"process_open_fds": sum(1 for _ in (proc / "fd").iterdir())}


def _start(proc: Path) -> Mapping[str, float]:
    # The name of the program is the second field, in parentheses; there may be anything in it.
    after_name = (proc / "stat").read_text().rpartition(")")[2].split()
    ticks = int(after_name[_START_FIELD - 3])
    running_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return {"process_start_time_seconds": time.time() - running_s}
