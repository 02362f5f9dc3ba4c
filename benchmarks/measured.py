"""A program whose CPU time and memory are measured from its start to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

SAMPLE_S = 0.1
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_KIB = 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """Resident memory at a time, in seconds since the program was started."""

    at_s: float
    rss_bytes: int


class Measured:
    """A running program. As a context it is killed on the way out if it still runs.

    CPU time is that of the process and of all children that it waited for, user and system. Resident memory is looked
    at ten times a second; its peak is the one that the kernel keeps, as it was at the last look.

    Args:
        command: what to run.
        log: where its output goes.
        environment: variables besides our own.
        directory: where it runs; where we do, if None.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: IO[bytes],
        environment: dict[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        variables = {**os.environ, **(environment or {})}
        self._process = subprocess.Popen(command, stdout=log, stderr=log, env=variables, cwd=directory)
        self._began = time.monotonic()
        self._total_cpu_s: float | None = None
        self.exit_code: int | None = None
        self.samples: list[Sample] = []
        self.peak_rss_bytes = 0
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.exit_code is None:
            # Not by `Popen`, which would take the exit code of one that has ended for itself.
            os.kill(self.pid, signal.SIGKILL)
            self._reap()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it is gone without having been told to."""
        return (
            self.exit_code is None and os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        )

    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self._began

    def cpu_s(self) -> float:
        """CPU seconds until now; to a hundredth while it runs, exact once it has ended."""
        if self._total_cpu_s is not None:
            return self._total_cpu_s
        # The name, second, is in parentheses and may hold spaces.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        utime, stime, children_utime, children_stime = map(int, fields[11:15])
        return (utime + stime + children_utime + children_stime) / _TICKS_PER_SECOND

    def stop(self) -> float:
        """Asks it to end and waits until it has; the seconds that took."""
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._reap()
        return time.monotonic() - began

    def _reap(self) -> None:
        _, status, usage = os.wait4(self.pid, 0)
        self.exit_code = self._process.returncode = os.waitstatus_to_exitcode(status)
        self._total_cpu_s = usage.ru_utime + usage.ru_stime
        self._ended.set()
        self._sampler.join()

    def _sample(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            try:
                status = Path(f"/proc/{self.pid}/status").read_text()
            except OSError:
                return
            lines = dict(line.split(":", 1) for line in status.splitlines())
            # A process that has ended and was not waited for has no memory.
            if "VmRSS" in lines:
                self.samples.append(Sample(self.seconds(), int(lines["VmRSS"].split()[0]) * _KIB))
                self.peak_rss_bytes = int(lines["VmHWM"].split()[0]) * _KIB
