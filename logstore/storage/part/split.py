"""Which hours of a generation get a part of their own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HourSplit:
    """Hours, as numbers since 1970, that become a part each, and those that share one mixed part; both ascend."""

    own: tuple[int, ...]
    mixed: tuple[int, ...]


_LEAST_SHARE = 1 / 64
"""Hours with a smaller share of the rows share a part. More files of few rows are of no use to anybody; a larger share
would let questions of an hour read rows of others."""


def split_hours(rows_by_hour: Mapping[int, int], max_parts: int) -> HourSplit:
    """Gives the hours with most rows a part of their own, as far as `max_parts` reach and it is worth it.

    One part holds all remaining hours when there are more: a backfill, or what comes late, or senders with bad clocks.
    """
    ranked = sorted(rows_by_hour, key=lambda hour: (-rows_by_hour[hour], -hour))
    least = _LEAST_SHARE * sum(rows_by_hour.values())
    worth = sum(rows >= least for rows in rows_by_hour.values())
    # A single small one is a file either way.
    own = len(ranked) if len(ranked) - worth <= 1 else worth
    own = own if own == len(ranked) <= max_parts else min(own, max_parts - 1)
    return HourSplit(tuple(sorted(ranked[:own])), tuple(sorted(ranked[own:])))
