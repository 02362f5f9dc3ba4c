"""Which parts and batches of a snapshot a scan has to look at, and why not at the others. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from logstore.model.batch import EventBatch
from logstore.model.deletions import is_gone
from logstore.model.schema import columns_of
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.model.timespan import TimeSpan
from query.plan.demand import Demand

Piece: TypeAlias = Part | EventBatch
"""A container of events."""


class Reason(str, Enum):
    """Why a piece holds nothing of interest."""

    EMPTY = "empty"
    TIME = "outside the time window"
    SEQ = "outside the range of sequence numbers"
    DELETED = "all of its events are deleted"
    TAG = "other tags"
    FIELD = "none of the fields asked for"
    KIND = "no value of the kind asked for"
    NEVER = "the filter is never true"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The events that a query may see: of the window, with `after_seq` < `_seq` <= `seq`."""

    window: TimeSpan
    seq: int
    after_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is left of a snapshot.

    Attributes:
        parts, head: what has to be looked at.
        within: every piece that overlaps the window and the sequence numbers, whatever the filters say.
        reasons: number of pieces left out, by reason.
        row_groups: row groups of `parts` that overlap the window, and all row groups of the snapshot.
        deletions: what is deleted in the snapshot.
    """

    parts: tuple[Part, ...]
    head: tuple[EventBatch, ...]
    within: tuple[Piece, ...]
    reasons: Mapping[Reason, int]
    row_groups: tuple[int, int]
    deletions: tuple[Deletion, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What has to be looked at."""
        return *self.parts, *self.head

    @property
    def rows(self) -> int:
        """The events that `pieces` hold."""
        return sum(piece.rows for piece in self.pieces)


def prune(snapshot: Snapshot, bounds: Bounds, demand: Demand) -> Pruned:
    """The pieces of a snapshot in which events within the bounds may meet the demand."""
    reasons: Counter[Reason] = Counter()
    pieces = _near(snapshot, bounds.window)
    outside = len(snapshot.parts) + len(snapshot.head) - len(pieces)
    if outside:
        reasons[Reason.TIME] = outside
    lacking: dict[tuple[int, bool], Reason | None] = {}
    kept: list[Piece] = []
    within: list[Piece] = []
    active = {one.number for one in snapshot.deletions}
    for piece in pieces:
        reason = _out_of_bounds(piece, bounds)
        if reason is None and isinstance(piece, Part) and is_gone(piece, active):
            reason = Reason.DELETED
        if reason is None:
            within.append(piece)
            reason = unwanted(piece, demand, lacking)
        if reason is None:
            kept.append(piece)
        else:
            reasons[reason] += 1
    parts = tuple(piece for piece in kept if isinstance(piece, Part))
    head = tuple(piece for piece in kept if isinstance(piece, EventBatch))
    groups = sum(len(part.row_groups) for part in snapshot.parts)
    return Pruned(
        parts, head, tuple(within), reasons, (_row_groups_left(parts, bounds.window), groups), snapshot.deletions
    )


def _near(snapshot: Snapshot, window: TimeSpan) -> list[Piece]:
    """The pieces without most of those outside the window: there may be ten thousand, so little is done for each."""
    pieces: tuple[Piece, ...] = (*snapshot.parts, *snapshot.head)
    start, end = window.start_ns, window.end_ns
    if start is not None:
        pieces = tuple(piece for piece in pieces if piece.time_max_ns >= start or not piece.rows)
    if end is not None:
        pieces = tuple(piece for piece in pieces if piece.time_min_ns < end or not piece.rows)
    return list(pieces)


def covered(piece: Piece, bounds: Bounds) -> bool:
    """Whether every event of the piece lies within the bounds."""
    return (
        bounds.window.covers(piece.time_min_ns, piece.time_max_ns)
        and piece.seq_max <= bounds.seq
        and (bounds.after_seq is None or piece.seq_min > bounds.after_seq)
    )


def _out_of_bounds(piece: Piece, bounds: Bounds) -> Reason | None:
    if piece.rows == 0:
        return Reason.EMPTY
    if not bounds.window.overlaps(piece.time_min_ns, piece.time_max_ns):
        return Reason.TIME
    if piece.seq_min > bounds.seq or (bounds.after_seq is not None and piece.seq_max <= bounds.after_seq):
        return Reason.SEQ
    return None


def unwanted(
    piece: Piece, demand: Demand, lacking: dict[tuple[int, bool], Reason | None] | None = None
) -> Reason | None:
    """Why no event of the piece can meet the demand; None when one may.

    `lacking` is what is known already of pieces with the very same columns.
    """
    lacking = {} if lacking is None else lacking
    if demand.never:
        return Reason.NEVER
    if (
        demand.tags is not None
        and isinstance(piece, Part)
        and piece.tags is not None
        and demand.tags.isdisjoint(piece.tags)
    ):
        return Reason.TAG
    shape = id(piece.columns), piece.has_more
    if shape not in lacking:
        lacking[shape] = _lacks(piece, demand)
    return lacking[shape]


def _lacks(piece: Piece, demand: Demand) -> Reason | None:
    for field, kinds in demand.kinds.items():
        held = {column.kind for column in columns_of(piece.columns, field)}
        if not held and not piece.has_more:
            return Reason.FIELD
        if held and held.isdisjoint(kinds):
            return Reason.KIND
    return None


def _row_groups_left(parts: tuple[Part, ...], window: TimeSpan) -> int:
    return sum(window.overlaps(group.time_min_ns, group.time_max_ns) for part in parts for group in part.row_groups)
