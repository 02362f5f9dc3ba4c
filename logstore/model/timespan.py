"""Ranges of event time."""

from __future__ import annotations

from dataclasses import dataclass

NS_PER_SECOND = 1_000_000_000
NS_PER_HOUR = 3600 * NS_PER_SECOND
NS_PER_DAY = 24 * NS_PER_HOUR

MIN_NS = -(2**63)
MAX_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Half-open range [start_ns, end_ns) of UTC nanoseconds; a None bound is open."""

    start_ns: int | None = None
    end_ns: int | None = None

    def overlaps(self, first_ns: int, last_ns: int) -> bool:
        """Whether any instant of [first_ns, last_ns] (both inclusive) lies in the span."""
        after_start = self.start_ns is None or last_ns >= self.start_ns
        return after_start and (self.end_ns is None or first_ns < self.end_ns)

    def covers(self, first_ns: int, last_ns: int) -> bool:
        """Whether every instant of [first_ns, last_ns] (both inclusive) lies in the span."""
        after_start = self.start_ns is None or first_ns >= self.start_ns
        return after_start and (self.end_ns is None or last_ns < self.end_ns)

    def intersect(self, other: TimeSpan) -> TimeSpan:
        """The instants in both spans."""
        starts = [bound for bound in (self.start_ns, other.start_ns) if bound is not None]
        ends = [bound for bound in (self.end_ns, other.end_ns) if bound is not None]
        return TimeSpan(max(starts, default=None), min(ends, default=None))


EVERYTHING = TimeSpan()
