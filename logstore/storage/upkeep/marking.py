"""How deletions change a snapshot. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from logstore.model.deletions import pending, touches
from logstore.model.snapshot import DeletedRows, Deletion, Part, Snapshot
from logstore.model.timespan import TimeSpan


def added(snapshot: Snapshot, deletion: Deletion, replaced: int | None, inherits: Collection[str]) -> Snapshot:
    """The snapshot with one more deletion.

    Args:
        snapshot: what it is added to.
        deletion: the new one.
        replaced: number of the one whose place it takes.
        inherits: paths of the parts in which it covers the rows that the replaced one did.
    """
    if replaced is None:
        return replace(snapshot, deletions=(*snapshot.deletions, deletion))

    def inherited(part: Part) -> Iterable[DeletedRows]:
        for found in part.deleted:
            if found.deletion != replaced:
                yield found
            elif part.path in inherits:
                yield replace(found, deletion=deletion.number)

    kept = (one for one in snapshot.deletions if one.number != replaced)
    return replace(snapshot, parts=_with(snapshot.parts, inherited), deletions=(*kept, deletion))


def marked(snapshot: Snapshot, found: Mapping[str, Sequence[DeletedRows]]) -> Snapshot:
    """The snapshot with what was found of parts, by path; of deletions that are not active nothing is kept."""
    active = {one.number for one in snapshot.deletions}

    def more(part: Part) -> Iterable[DeletedRows]:
        news = {each.deletion: each for each in found.get(part.path, ()) if each.deletion in active}
        return (*(each for each in part.deleted if each.deletion not in news), *news.values())

    return replace(snapshot, parts=_with(snapshot.parts, more))


def without(snapshot: Snapshot, number: int) -> Snapshot:
    """The snapshot without a deletion, and without what is known of its rows."""
    parts = _with(snapshot.parts, lambda part: (each for each in part.deleted if each.deletion != number))
    return replace(snapshot, parts=parts, deletions=tuple(one for one in snapshot.deletions if one.number != number))


def committed(
    snapshot: Snapshot, deleted: Mapping[str, tuple[DeletedRows, ...]], deletions: tuple[Deletion, ...]
) -> Snapshot:
    """The snapshot with what the catalog says, of parts by path; parts that it does not list stay as they are."""
    return replace(
        snapshot, parts=_with(snapshot.parts, lambda part: deleted.get(part.path, part.deleted)), deletions=deletions
    )


def same_in(parts: Sequence[Part], older: Deletion, window: TimeSpan) -> list[Part]:
    """The parts in which a newer deletion of the same search covers just what an older one is known to cover."""
    return [
        part
        for part in parts
        if any(found.deletion == older.number for found in part.deleted)
        and part.seq_max <= older.seq
        and older.window.covers(part.time_min_ns, part.time_max_ns)
        and window.covers(part.time_min_ns, part.time_max_ns)
    ]


def settled(taken: Sequence[Part], deletions: Sequence[Deletion]) -> tuple[DeletedRows, ...]:
    """What is known of parts that are made of `taken` without the deleted rows of these: that they hold none.

    So it is of the deletions that have been looked up in each of `taken` that they may cover something of.
    """
    return tuple(
        DeletedRows(one.number, 0, b"")
        for one in deletions
        if any(touches(one, part) for part in taken) and not any(pending(part, [one]) for part in taken)
    )


def _with(parts: Sequence[Part], deleted: Callable[[Part], Iterable[DeletedRows]]) -> tuple[Part, ...]:
    """The parts with these rows deleted; those of which nothing changes are the same objects."""
    changed = ((part, tuple(sorted(deleted(part), key=lambda found: found.deletion))) for part in parts)
    return tuple(part if part.deleted == found else replace(part, deleted=found) for part, found in changed)
