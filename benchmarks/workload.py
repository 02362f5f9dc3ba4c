"""The events of a measurement: chunks as Fluentd makes them, one tag each, the same for the same seed.

Every source gathers events for one flush interval and then hands over a chunk; in each interval they do so in another
order. The times of a chunk's events rise and lie within its interval.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.lines import made_up, of_files
from benchmarks.sources import Record, Source, make_sources

NS_PER_SECOND = 1_000_000_000
NS_PER_HOUR = 3600 * NS_PER_SECOND
# Fluentd's default.
FLUSH_INTERVAL_NS = 60 * NS_PER_SECOND


@dataclass(frozen=True, slots=True)
class Workload:
    """What is generated; equal values give equal events.

    Attributes:
        events: how many.
        start_ns: time of the first one, UTC.
        sources: how many things log, each under a tag of its own.
        least, most: events of a chunk.
        seed: of everything random.
        lines: directory whose files' lines containers log; made-up lines when None.
    """

    events: int
    start_ns: int
    sources: int = 300
    least: int = 100
    most: int = 10_000
    seed: int = 1
    lines: Path | None = None

    def facts(self) -> dict[str, Any]:
        """What to write down about it: no time, for that does not matter, and no path, for it is somebody's own."""
        facts = asdict(self)
        del facts["start_ns"]
        facts["lines"] = "made up" if self.lines is None else "from files"
        return facts


def spread(events: int, hours: int, start_ns: int, seed: int = 1) -> Workload:
    """A workload whose events take so many hours, give or take a tenth: as many sources, with smaller chunks."""
    intervals = hours * NS_PER_HOUR // FLUSH_INTERVAL_NS
    usual = Workload(events, start_ns, seed=seed)
    # Sizes are spread evenly over the orders of magnitude.
    mean = (usual.most - usual.least) / math.log(usual.most / usual.least)
    scale = events / intervals / usual.sources / mean
    return replace(usual, least=max(round(usual.least * scale), 1), most=max(round(usual.most * scale), 2))


def last_hour_ns() -> int:
    """The start of the hour before this one: recent enough for everybody's retention, and over already."""
    return (time.time_ns() // NS_PER_HOUR - 1) * NS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of a chunk, not encoded yet: times in nanoseconds UTC, and records."""

    source: Source
    events: list[tuple[int, Record]]


def generate(workload: Workload) -> Iterator[Batch]:
    """All chunks, in the order in which they are sent."""
    rng = random.Random(workload.seed)
    write_line = made_up(rng) if workload.lines is None else of_files(workload.lines, rng)
    sources = make_sources(workload.sources, rng, write_line, (workload.least, workload.most))
    left = workload.events
    interval_ns = workload.start_ns
    while left:
        rng.shuffle(sources)
        for source in sources:
            size = min(_size(source, workload, rng), left)
            yield _batch(source, size, interval_ns, rng)
            left -= size
            if not left:
                return
        interval_ns += FLUSH_INTERVAL_NS


def _size(source: Source, workload: Workload, rng: random.Random) -> int:
    """An interval brings a source somewhat more or less than usual."""
    return min(max(round(source.chunk_events * rng.uniform(0.8, 1.2)), workload.least), workload.most)


def _batch(source: Source, size: int, interval_ns: int, rng: random.Random) -> Batch:
    step_ns = FLUSH_INTERVAL_NS / size
    draw, next_record = rng.random, source.next_record
    return Batch(source, [(interval_ns + int(step_ns * (number + draw())), next_record()) for number in range(size)])
