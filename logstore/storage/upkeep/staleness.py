"""Whether parts that were made of others may still take their place, when deletions have changed meanwhile. Pure.

New parts lack the rows of the deletions that were due when they were begun. That stays right for as long as these rows
are deleted: by the same deletion, or by the newer one of the same retention rule that has taken its place, as happens
every few minutes. Whatever else is found or deleted meanwhile is not known of the new parts yet, and is looked up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from logstore.model.snapshot import DeletedRows, Deletion, Part


def is_stale(
    taken: Sequence[Part], current: Sequence[Part], erased: Sequence[Deletion], active: Sequence[Deletion]
) -> bool:
    """Whether rewriting must be given up.

    Args:
        taken: the parts, as they were when they were read.
        current: those of them that are there, as they are now.
        erased: the deletions whose rows were left out.
        active: the deletions that there are now.
    """
    if [(part.path, part.rows) for part in taken] != [(part.path, part.rows) for part in current]:
        return True
    heirs = _heirs(erased, active)
    return any(each.count and heirs[each.deletion] is None for part in taken for each in _left_out(part, heirs))


def counted_as(
    taken: Sequence[Part], current: Sequence[Part], erased: Sequence[Deletion], active: Sequence[Deletion]
) -> frozenset[int]:
    """Numbers of the deletions that are known to cover, in the parts as they are now, just the rows that went."""
    heirs = _heirs(erased, active)
    now = {part.path: {each.deletion: each for each in part.deleted} for part in current}
    found: dict[int, bool] = {}
    for part in taken:
        for each in _left_out(part, heirs):
            heir = heirs[each.deletion]
            if heir is not None:
                its = now[part.path].get(heir.number)
                is_same = its is not None and (its.count, its.rows) == (each.count, each.rows)
                found[heir.number] = is_same and found.get(heir.number, True)
    return frozenset(number for number, is_same in found.items() if is_same)


def _left_out(part: Part, heirs: Mapping[int, Deletion | None]) -> Sequence[DeletedRows]:
    return [each for each in part.deleted if each.deletion in heirs]


def _heirs(erased: Sequence[Deletion], active: Sequence[Deletion]) -> dict[int, Deletion | None]:
    """By number of each deletion the one that covers its rows now; None: none is known to."""
    return {one.number: next((now for now in active if _covers(now, one)), None) for one in erased}


def _covers(now: Deletion, then: Deletion) -> bool:
    if now.number == then.number:
        return True
    is_of_rule = bool(then.rule) and (now.rule, now.search, now.tenant) == (then.rule, then.search, then.tenant)
    return is_of_rule and now.seq >= then.seq and now.window.intersect(then.window) == then.window
