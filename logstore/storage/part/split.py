"""Which hours of a generation get a part of their own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HourSplit:
    """Hours, as numbers since 1970, that become a part each, and those that share one mixed part; both ascend."""

    own: tuple[int, ...]
    mixed: tuple[int, ...]


def split_hours(rows_by_hour: Mapping[int, int], max_parts: int) -> HourSplit:
    """Gives the hours with most rows a part of their own, as far as `max_parts` reach.

    One part holds all remaining hours when there are more: a backfill, or senders with bad clocks.
    """
    ranked = sorted(rows_by_hour, key=lambda hour: (-rows_by_hour[hour], -hour))
    own = len(ranked) if len(ranked) <= max_parts else max_parts - 1
    return HourSplit(tuple(sorted(ranked[:own])), tuple(sorted(ranked[own:])))
