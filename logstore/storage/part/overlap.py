"""How much parts that are merged overlap in time, by what is known of them without reading them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_DAY

_MOST_DEEP = 3
"""Parts follow each other when at an average instant of their time there are events in so many of them at most. More
would make questions about a short time read more row groups; fewer would read row groups of parts several times, to
put them into the order of time."""


def most_at_a_time(parts: Sequence[Part]) -> int:
    """At most so many rows are in row groups that have a time in common: to be sorted by time, all are kept at once."""
    changes = sorted(
        change
        for part in parts
        for group in part.row_groups
        # At the same instant row groups begin before others end.
        for change in ((group.time_min_ns, 0, group.rows), (group.time_max_ns, 1, -group.rows))
    )
    most = rows = 0
    for _, _, change in changes:
        rows += change
        most = max(most, rows)
    return most


def follow_each_other(parts: Sequence[Part]) -> bool:
    """Whether the parts are of one day, and few of them have events of one time."""
    start, end = min(part.time_min_ns for part in parts), max(part.time_max_ns for part in parts)
    covered = sum(part.time_max_ns - part.time_min_ns for part in parts)
    return start // NS_PER_DAY == end // NS_PER_DAY and covered <= _MOST_DEEP * (end - start)
