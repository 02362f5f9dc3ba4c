"""A few rows from all over what a question reads: enough to tell which fields have very many values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from logstore.model.snapshot import Part, RowGroup
from query.plan.portions import Portion
from query.plan.prune import Pruned

LEAST_ROWS = 131_072
"""Of fewer rows all columns are looked at about as soon as a sample of them is."""

_GROUPS = 8
"""Row groups of which rows are taken. A file is sorted by tag, so those of one row group are much alike."""

_ROWS = 2048
"""Rows of each: what the database reads at once."""


def sample_of(pruned: Pruned) -> Portion | None:
    """The first rows of some row groups, as far apart as they can be; None where there are not many rows in files."""
    groups = [
        (part, group)
        for part in pruned.parts
        for group in pruned.row_groups_of(part)
        if pruned.window.overlaps(group.time_min_ns, group.time_max_ns)
    ]
    if sum(group.rows for _, group in groups) < LEAST_ROWS:
        return None
    chosen: dict[str, list[RowGroup]] = {}
    parts: dict[str, Part] = {}
    for part, group in _spread(groups):
        parts[part.path] = part
        chosen.setdefault(part.path, []).append(replace(group, rows=min(group.rows, _ROWS)))
    return Portion(tuple(parts.values()), chosen={path: tuple(found) for path, found in chosen.items()})


def _spread(groups: Sequence[tuple[Part, RowGroup]]) -> list[tuple[Part, RowGroup]]:
    count = min(_GROUPS, len(groups))
    return [groups[place * len(groups) // count] for place in range(count)]
