"""What a deletion has to do with a piece of the store: the rules that queries and upkeep have in common. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from logstore.model.row_set import Rows, union
from logstore.model.snapshot import DeletedRows, Deletion, Part


class _Piece(Protocol):
    """A part or a batch."""

    @property
    def rows(self) -> int: ...
    @property
    def time_min_ns(self) -> int: ...
    @property
    def time_max_ns(self) -> int: ...
    @property
    def seq_min(self) -> int: ...


def touches(deletion: Deletion, piece: _Piece) -> bool:
    """Whether the deletion may cover events of a part or batch."""
    return (
        piece.rows > 0
        and piece.seq_min <= deletion.seq
        and deletion.window.overlaps(piece.time_min_ns, piece.time_max_ns)
    )


def pending(part: Part, deletions: Sequence[Deletion]) -> list[Deletion]:
    """The deletions that may cover rows of a part, and have not been looked up in it."""
    known = {found.deletion for found in part.deleted}
    return [one for one in deletions if one.number not in known and one.tenant == part.tenant and touches(one, part)]


def known_rows(part: Part, active: Collection[int]) -> Iterator[DeletedRows]:
    """The rows of a part that active deletions, by number, are known to cover; none without rows."""
    return (found for found in part.deleted if found.count and found.deletion in active)


def rows_of(found: Sequence[DeletedRows]) -> Rows:
    """The rows in any of these."""
    return union(each.rows for each in found)


def is_gone(part: Part, active: Collection[int]) -> bool:
    """Whether every row of a part is known to be deleted."""
    if not part.deleted:
        return False
    found = list(known_rows(part, active))
    most = max((each.count for each in found), default=0)
    # Most often one deletion alone tells, without a look at its rows.
    return most >= part.rows or (sum(each.count for each in found) >= part.rows and len(rows_of(found)) >= part.rows)
