"""Which parts are merged. Pure.

Parts are merged with those of their *range*: their hour, or their day when they are of several hours, or, when they are
of several days, the mixed ones. Merges of an hour's parts begin when there are enough of them to make a large one, or
many, or when the hour is over and has settled; those of a day's when the day has. Large parts are left alone, so an
event is rewritten about once when much comes in, and once for its hour and once for its day when little does.

What keeps rewriting cheap at any rate: a part is only merged with others that together are at least half as large, so
each time an event is rewritten it lands in a part of one and a half times the size; and what comes late to a range that
was merged already waits until there is more of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND

_FEW = 2
_SOME = 4
"""So many late parts are merged at once: fewer at a time would rewrite the first ones more often."""

_BALANCE = 1.5
"""A merge must be so many times the size of its largest part. Larger leaves more parts, smaller rewrites more."""

SMALL_SHARE = 4
"""A part of this share of a full one is large. Larger would leave more parts, smaller rewrites more."""


@dataclass(frozen=True, slots=True)
class CompactionRules:
    """What parts should become.

    Attributes:
        part_rows, part_bytes: size of a full part, whichever is reached first.
        day_rows: so many rows of a day are worth a part of their own, when parts of several days are split.
        many_parts: so many small parts of a range are merged although more are expected.
        most_parts: a merge takes at most so many.
        settle_s: so long after the end of an hour or a day its parts are expected to be there.
    """

    part_rows: int = 4_000_000
    part_bytes: int = 256 << 20
    day_rows: int = 65_536
    many_parts: int = 16
    most_parts: int = 64
    settle_s: float = 900.0


class Level(int, Enum):
    """What has become of a part."""

    SEALED = 0
    MERGED = 1
    """Merged with those of its hour, or split out of mixed ones."""
    DAILY = 2
    """Merged with those of its day."""


class Reason(str, Enum):
    """Why parts are merged."""

    SIZE = "size"
    """They make a full part."""
    COUNT = "count"
    """They are many."""
    HOUR = "hour"
    """Their hour is over."""
    DAY = "day"
    """Their day is over."""
    MIXED = "mixed"
    """They are of several days, and are split."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Parts that are merged, and why; `level` is that of the new ones."""

    parts: tuple[Part, ...]
    level: Level
    reason: Reason

    @property
    def rows(self) -> int:
        """Rows that are read."""
        return sum(part.rows for part in self.parts)

    @property
    def bytes(self) -> int:
        """Bytes that are read."""
        return sum(part.bytes for part in self.parts)


def plan(parts: Sequence[Part], now_ns: int, rules: CompactionRules) -> tuple[Merge, ...]:
    """The merges that are due, those first that rid us of most parts for the bytes they rewrite. No part is in two.

    Args:
        parts: all parts.
        now_ns: UTC nanoseconds.
        rules: what parts should become.
    """
    small = [part for part in parts if _is_small(part, rules)]
    merges = []
    for tenant in sorted({part.tenant for part in small}):
        merges += _of_tenant([part for part in small if part.tenant == tenant], now_ns, rules)
    return tuple(sorted(merges, key=lambda merge: merge.bytes / len(merge.parts)))


def is_over(part: Part, now_ns: int, rules: CompactionRules) -> bool:
    """Whether the hour of the part's newest event is over and has settled: from then on few others are merged with it.

    Args:
        part: the part.
        now_ns: UTC nanoseconds.
        rules: say when an hour has settled.
    """
    end_ns = (part.time_max_ns // NS_PER_HOUR + 1) * NS_PER_HOUR
    return end_ns + int(rules.settle_s * NS_PER_SECOND) <= now_ns


def _is_small(part: Part, rules: CompactionRules) -> bool:
    return part.rows * SMALL_SHARE < rules.part_rows and part.bytes * SMALL_SHARE < rules.part_bytes


def _of_tenant(parts: Sequence[Part], now_ns: int, rules: CompactionRules) -> list[Merge]:
    hours: dict[int, list[Part]] = defaultdict(list)
    days: dict[int, list[Part]] = defaultdict(list)
    mixed: list[Part] = []
    for part in parts:
        hour, day = part.time_min_ns // NS_PER_HOUR, part.time_min_ns // NS_PER_DAY
        if day != part.time_max_ns // NS_PER_DAY:
            mixed.append(part)
            continue
        days[day].append(part)
        if hour == part.time_max_ns // NS_PER_HOUR:
            hours[hour].append(part)
    over_ns = now_ns - int(rules.settle_s * NS_PER_SECOND)
    merges = [_of_day(found, rules) for day, found in days.items() if (day + 1) * NS_PER_DAY <= over_ns]
    for hour, found in hours.items():
        if (hour // 24 + 1) * NS_PER_DAY > over_ns:
            merges.append(_of_hour(found, rules, is_over=(hour + 1) * NS_PER_HOUR <= over_ns))
    for day, found in days.items():
        if (day + 1) * NS_PER_DAY > over_ns:
            merges.append(_of_open([part for part in found if _is_of_many_hours(part)], rules))
    merges.append(_of_mixed(mixed, over_ns, rules))
    return [merge for merge in merges if merge is not None]


def _is_of_many_hours(part: Part) -> bool:
    return part.time_min_ns // NS_PER_HOUR != part.time_max_ns // NS_PER_HOUR


def _of_day(parts: Sequence[Part], rules: CompactionRules) -> Merge | None:
    """A merge of the parts of a day that is over."""
    is_late = any(part.level >= Level.DAILY for part in parts)
    return _merge(parts, rules, _SOME if is_late else _FEW, Level.DAILY, Reason.DAY)


def _of_hour(parts: Sequence[Part], rules: CompactionRules, *, is_over: bool) -> Merge | None:
    """A merge of the parts of an hour whose day goes on."""
    if not is_over:
        return _of_open(parts, rules)
    is_late = any(part.level >= Level.MERGED for part in parts)
    return _merge(parts, rules, _SOME if is_late else _FEW, Level.MERGED, Reason.HOUR)


def _of_open(parts: Sequence[Part], rules: CompactionRules) -> Merge | None:
    """A merge of parts of a range that is not over: more are expected."""
    full = _merge(parts, rules, _SOME, Level.MERGED, Reason.SIZE)
    if full is not None and (full.rows >= rules.part_rows or full.bytes >= rules.part_bytes):
        return full
    return _merge(parts, rules, rules.many_parts, Level.MERGED, Reason.COUNT)


def _of_mixed(parts: Sequence[Part], over_ns: int, rules: CompactionRules) -> Merge | None:
    """A merge of parts of several days, which are split by it; few are when their days are over, once."""
    merge = _merge(parts, rules, _SOME, Level.MERGED, Reason.MIXED)
    if merge is not None:
        return merge
    ripe = [part for part in parts if part.level == Level.SEALED and _end_of_day(part) <= over_ns]
    if sum(part.rows for part in ripe) < _FEW * rules.day_rows:
        return None
    return Merge(tuple(_fitting(sorted(ripe, key=_by_time), rules)), Level.MERGED, Reason.MIXED)


def _by_time(part: Part) -> tuple[int, str]:
    return part.time_min_ns, part.path


def _end_of_day(part: Part) -> int:
    return (part.time_max_ns // NS_PER_DAY + 1) * NS_PER_DAY


def _merge(parts: Iterable[Part], rules: CompactionRules, fewest: int, level: Level, reason: Reason) -> Merge | None:
    """A merge of at least `fewest` of these parts that is worth it: of the small ones as many as are in balance."""
    by_size = sorted(parts, key=lambda part: (part.rows, part.path))
    chosen: list[Part] = []
    rows = 0
    for place, part in enumerate(by_size, 1):
        rows += part.rows
        if rows >= _BALANCE * part.rows:
            chosen = by_size[:place]
    if len(chosen) < fewest:
        return None
    taken = _fitting(sorted(chosen, key=_by_time), rules)
    return Merge(tuple(taken), level, reason) if len(taken) >= _FEW else None


def _fitting(parts: Sequence[Part], rules: CompactionRules) -> Sequence[Part]:
    """The first of these parts that make a full one, or all of them."""
    rows = size = 0
    for place, part in enumerate(parts, 1):
        rows += part.rows
        size += part.bytes
        if rows >= rules.part_rows or size >= rules.part_bytes or place == rules.most_parts:
            return parts[:place]
    return parts
