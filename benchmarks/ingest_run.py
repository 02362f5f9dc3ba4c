"""One measured run: start a contender, send it everything, stop it, and look what it stored."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import Contender
from benchmarks.measured import Sample
from benchmarks.senders import deliver
from benchmarks.spool import Spool

MB = 1e6
CURVE_POINTS = 20


@dataclass(frozen=True, slots=True)
class Load:
    """How events are sent.

    Attributes:
        connections: how many at once.
        rate: events a second at most; None for as many as are answered.
        passes: how often the whole workload is sent.
    """

    connections: int
    rate: float | None = None
    passes: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run took.

    CPU seconds are those of the contender's process, user and system, with the children that it waited for.

    Attributes:
        events: sent, acknowledged, and found stored afterwards.
        json_bytes: their records as JSON lines.
        wire_bytes: what was sent.
        start_cpu_s: CPU from the start of the program to the first byte sent to it. In no other figure.
        cpu_s: CPU from the first byte to the end of the process, that is until everything is in its final files.
        answered_cpu_s: the part of it until the last answer.
        answered_s: seconds from the first byte to the last answer.
        stop_s: seconds from the signal to stop to the end of the process.
        peak_rss_bytes: the highest resident memory of the process in all its life.
        rss_halves_bytes: the highest resident memory in the first and in the second half of sending.
        rss_curve_bytes: the same in twenty slices of it.
        stored_bytes: the files that events are in.
        disk_bytes: all files.
    """

    events: int
    json_bytes: int
    wire_bytes: int
    start_cpu_s: float
    cpu_s: float
    answered_cpu_s: float
    answered_s: float
    stop_s: float
    peak_rss_bytes: int
    rss_halves_bytes: list[int]
    rss_curve_bytes: list[int]
    stored_bytes: int
    disk_bytes: int

    @property
    def events_per_cpu_s(self) -> float:
        """The figure of merit: events for each CPU second, from the first byte to final files."""
        return self.events / self.cpu_s

    def figures(self) -> dict[str, Any]:
        """All of it and what follows from it, for the record."""
        return {
            **asdict(self),
            "events_per_cpu_s": round(self.events_per_cpu_s),
            "json_mb_per_cpu_s": round(self.json_bytes / MB / self.cpu_s, 2),
            "events_per_s_answered": round(self.events / self.answered_s),
            "events_per_s_final": round(self.events / (self.answered_s + self.stop_s)),
            "stored_bytes_per_event": round(self.stored_bytes / self.events, 2),
            "disk_bytes_per_event": round(self.disk_bytes / self.events, 2),
        }


def run(contender: Contender, spool: Spool, load: Load) -> Outcome:
    """One run in a new temporary directory.

    Raises:
        SystemExit: something was refused, or is not there afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        return run_in(Path(name), contender, spool, load)


def run_in(directory: Path, contender: Contender, spool: Spool, load: Load) -> Outcome:
    """One run in a directory, where everything is afterwards; else like `run`."""
    frames = spool.frames(contender.encoding) * load.passes
    events = spool.events * load.passes
    with contender.serving(directory) as running:
        program = running.program
        start_cpu_s, first_byte_s = program.cpu_s(), program.seconds()
        delivery = deliver(running.connect, frames, load.connections, load.rate)
        answered_cpu_s, answered_s = program.cpu_s(), program.seconds()
        stop_s = program.stop()
        if program.exit_code:
            raise SystemExit(f"{contender.name} ended with {program.exit_code}:\n{running.log.read_text()[-2000:]}")
    disk_bytes = total_bytes(directory)
    stored = contender.stored(directory)
    if stored.events != events:
        raise SystemExit(f"{contender.name} stores {stored.events:,} events of the {events:,} that were acknowledged")
    return Outcome(
        events=events,
        json_bytes=spool.json_bytes * load.passes,
        wire_bytes=delivery.wire_bytes,
        start_cpu_s=start_cpu_s,
        cpu_s=round(program.cpu_s() - start_cpu_s, 4),
        answered_cpu_s=round(answered_cpu_s - start_cpu_s, 2),
        answered_s=round(delivery.wall_s, 3),
        stop_s=round(stop_s, 3),
        peak_rss_bytes=program.peak_rss_bytes,
        rss_halves_bytes=peaks(program.samples, first_byte_s, answered_s, 2),
        rss_curve_bytes=peaks(program.samples, first_byte_s, answered_s, CURVE_POINTS),
        stored_bytes=stored.bytes,
        disk_bytes=disk_bytes,
    )


def peaks(samples: Sequence[Sample], first_s: float, last_s: float, slices: int) -> list[int]:
    """The highest resident memory in each of some equal slices of a stretch of time; 0 for one without samples."""
    found = [0] * slices
    for sample in samples:
        if first_s <= sample.at_s <= last_s:
            slot = min(int((sample.at_s - first_s) / (last_s - first_s) * slices), slices - 1)
            found[slot] = max(found[slot], sample.rss_bytes)
    return found


def total_bytes(directory: Path) -> int:
    """Of all files within a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
