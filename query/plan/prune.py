"""Which parts and batches of a snapshot a scan has to look at, and why not at the others. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from operator import attrgetter
from typing import TypeAlias

from logstore.model.batch import EventBatch
from logstore.model.deletions import is_gone
from logstore.model.row_groups import SomeRowGroups
from logstore.model.schema import TAG, columns_of
from logstore.model.snapshot import Deletion, Part, RowGroup, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.plan.clues import NOTHING, Clue, clue_about
from query.plan.demand import Demand
from query.plan.survey import Survey

Piece: TypeAlias = Part | EventBatch
"""A container of events."""

Shape: TypeAlias = tuple[int, bool]
"""Pieces of the same shape have the very same columns: of ten thousand parts most have."""


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
    INDEX = "the word index rules it out"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The events that a query may see: of the window, with `after_seq` < `_seq` <= `seq`, and `_seq` among `only`.

    What is None is no bound. A range is compared with its ends; other numbers are named, each of them.
    """

    window: TimeSpan
    seq: int | None
    after_seq: int | None = None
    only: tuple[int, ...] | range | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """What is left of a snapshot.

    Attributes:
        parts, head: what has to be looked at.
        within: one piece of each shape of those that overlap the window and the sequence numbers, whatever the filters
            say.
        reasons: number of pieces left out, by reason.
        window: the window that was asked for.
        held: all parts of the snapshot.
        deletions: what is deleted in the snapshot.
        chosen: by path of a part, its row groups that the index left; of parts that are not in it all are left.
        passed: row groups that the index left out, those of parts left out included.
        ordered: paths of parts of which the database itself leaves out about as much as the index does: by the tag,
            after which rows are sorted.
        shaping: likewise, of those whose columns an answer has: `pieces`, and those that only the index left out. So
            answers look the same with indexes and without.
        counted: events that are known without reading, and so in none of `parts`, by what tells of them.
    """

    parts: tuple[Part, ...]
    head: tuple[EventBatch, ...]
    within: tuple[Piece, ...]
    reasons: Mapping[Reason, int]
    window: TimeSpan = EVERYTHING
    held: tuple[Part, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    chosen: Mapping[str, Sequence[RowGroup]] = field(default_factory=dict)
    passed: int = 0
    ordered: frozenset[str] = frozenset()
    shaping: tuple[Piece, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)

    def row_groups_of(self, part: Part) -> Sequence[RowGroup]:
        """The row groups of one of `parts` that have to be looked at."""
        return self.chosen.get(part.path, part.row_groups)

    @property
    def row_groups(self) -> tuple[int, int]:
        """Row groups of `parts` that overlap the window, and all row groups of the snapshot.

        Only people ask for it: ten thousand parts have half a million of them.
        """
        left = (group for part in self.parts for group in self.row_groups_of(part))
        return (
            sum(self.window.overlaps(group.time_min_ns, group.time_max_ns) for group in left),
            sum(len(part.row_groups) for part in self.held),
        )

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What has to be looked at."""
        return *self.parts, *self.head

    @property
    def rows(self) -> int:
        """The events of `pieces` that have to be looked at."""
        if not self.chosen:
            return sum(map(attrgetter("rows"), self.pieces))
        sealed = sum(group.rows for part in self.parts for group in self.chosen.get(part.path, ()))
        return sealed + sum(piece.rows for piece in self.pieces if not self._is_chosen(piece))

    @property
    def bytes(self) -> int:
        """Of the files that hold those of them that are in files. Where an index left out row groups, by their rows."""
        return sum(self._bytes_of(part) for part in self.parts)

    def _bytes_of(self, part: Part) -> int:
        if part.path not in self.chosen:
            return part.bytes
        return part.bytes * sum(group.rows for group in self.chosen[part.path]) // part.rows

    def _is_chosen(self, piece: Piece) -> bool:
        return isinstance(piece, Part) and piece.path in self.chosen


@dataclass(frozen=True, slots=True)
class Search:
    """What events must be like: by what is known of pieces, and by what indexes are asked."""

    demand: Demand
    clue: Clue = NOTHING
    survey: Survey = field(default_factory=Survey)


def prune(snapshot: Snapshot, bounds: Bounds, search: Search) -> Pruned:
    """The pieces of a snapshot in which events within the bounds may be what is searched."""
    reasons: Counter[Reason] = Counter()
    pieces = _near(snapshot, bounds.window)
    outside = len(snapshot.parts) + len(snapshot.head) - len(pieces)
    if outside:
        reasons[Reason.TIME] = outside
    lacking: dict[Shape, Reason | None] = {}
    within: dict[Shape, Piece] = {}
    shaping: dict[Shape, Piece] = {}
    wanted: list[Piece] = []
    active = {one.number for one in snapshot.deletions}
    for piece in pieces:
        reason = _out_of_sight(piece, bounds, active)
        if reason is None:
            shape = id(piece.columns), piece.has_more
            within.setdefault(shape, piece)
            reason = unwanted(piece, search.demand, lacking)
        if reason is None:
            shaping.setdefault(shape, piece)
            wanted.append(piece)
        else:
            reasons[reason] += 1
    chosen = _chosen(wanted, search)
    parts = tuple(
        piece for piece in wanted if isinstance(piece, Part) and (piece.path not in chosen or chosen[piece.path])
    )
    head = tuple(piece for piece in wanted if isinstance(piece, EventBatch))
    if left_out := len(wanted) - len(parts) - len(head):
        reasons[Reason.INDEX] = left_out
    indexed = [part for part in wanted if isinstance(part, Part) and part.path in chosen]
    return Pruned(
        parts=parts,
        head=head,
        within=tuple(within.values()),
        reasons=reasons,
        window=bounds.window,
        held=snapshot.parts,
        deletions=snapshot.deletions,
        chosen=chosen,
        passed=sum(len(part.row_groups) - len(chosen[part.path]) for part in indexed),
        ordered=_ordered(indexed, chosen, search),
        shaping=tuple(shaping.values()),
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


def _chosen(pieces: Sequence[Piece], search: Search) -> dict[str, Sequence[RowGroup]]:
    """The row groups that indexes leave, of the parts of which they leave out any."""
    chosen: dict[str, Sequence[RowGroup]] = {}
    look = search.survey.asking(search.clue)
    if look is None:
        return {}
    for part in pieces:
        bits = look(part) if isinstance(part, Part) else None
        if isinstance(part, Part) and bits is not None:
            chosen[part.path] = SomeRowGroups(part.row_groups, bits)
    return chosen


_ABOUT = 2
"""The tag alone may leave so many times the row groups: naming row groups costs the database about as much as that."""


def _ordered(parts: Sequence[Part], chosen: Mapping[str, Sequence[RowGroup]], search: Search) -> frozenset[str]:
    look = None if search.demand.tags is None else search.survey.asking(clue_about(search.clue, TAG))
    if look is None:
        return frozenset()
    bits = {part.path: look(part) for part in parts}
    return frozenset(
        path for path, left in bits.items() if left is not None and left.bit_count() <= len(chosen[path]) * _ABOUT
    )


def covered(piece: Piece, bounds: Bounds) -> bool:
    """Whether every event of the piece lies within the bounds."""
    return untested([piece], bounds) == NO_BOUNDS


def untested(pieces: Sequence[Piece], bounds: Bounds) -> Bounds:
    """Those of the bounds beyond which some event of the pieces may lie: no other column has to be read for them."""
    start, end = bounds.window.start_ns, bounds.window.end_ns
    if start is not None and all(piece.time_min_ns >= start for piece in pieces):
        start = None
    if end is not None and all(piece.time_max_ns < end for piece in pieces):
        end = None
    after = bounds.after_seq
    is_after = after is None or all(piece.seq_min > after for piece in pieces)
    is_seen = bounds.seq is None or max(piece.seq_max for piece in pieces) <= bounds.seq
    return Bounds(TimeSpan(start, end), None if is_seen else bounds.seq, None if is_after else after, bounds.only)


NO_BOUNDS = Bounds(EVERYTHING, None)


def row_groups_within(part: Part, bounds: Bounds) -> tuple[int, ...]:
    """The places of the row groups of a part that overlap the window."""
    if bounds.window.covers(part.time_min_ns, part.time_max_ns):
        return tuple(range(len(part.row_groups)))
    return tuple(
        place
        for place, group in enumerate(part.row_groups)
        if bounds.window.overlaps(group.time_min_ns, group.time_max_ns)
    )


def narrowed(pruned: Pruned, window: TimeSpan) -> Pruned:
    """What is left within a part of the window; what may be left out besides is known already."""
    parts = tuple(part for part in pruned.parts if window.overlaps(part.time_min_ns, part.time_max_ns))
    head = tuple(batch for batch in pruned.head if window.overlaps(batch.time_min_ns, batch.time_max_ns))
    return replace(pruned, parts=parts, head=head, window=window)


def without_parts(pruned: Pruned, paths: Collection[str]) -> Pruned:
    """The same, but that these parts are not looked at."""
    return pruned if not paths else replace(pruned, parts=tuple(one for one in pruned.parts if one.path not in paths))


def lacking(snapshot: Snapshot, bounds: Bounds, demand: Demand) -> tuple[Part, ...]:
    """The unfit parts in which events within the bounds may meet the demand, and are not all deleted."""
    active = {one.number for one in snapshot.deletions}
    return tuple(
        part
        for part in snapshot.unfit
        if bounds.window.overlaps(part.time_min_ns, part.time_max_ns)
        and _out_of_sight(part, bounds, active) is None
        and unwanted(part, demand) is None
    )


def _out_of_sight(piece: Piece, bounds: Bounds, active: Collection[int]) -> Reason | None:
    """Why nothing of a piece of the window can be seen."""
    if piece.rows == 0:
        return Reason.EMPTY
    if (bounds.seq is not None and piece.seq_min > bounds.seq) or (
        bounds.after_seq is not None and piece.seq_max <= bounds.after_seq
    ):
        return Reason.SEQ
    if active and isinstance(piece, Part) and is_gone(piece, active):
        return Reason.DELETED
    return None


def unwanted(piece: Piece, demand: Demand, lacking: dict[Shape, Reason | None] | None = None) -> Reason | None:
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
    for name, kinds in demand.kinds.items():
        held = {column.kind for column in columns_of(piece.columns, name)}
        if not held and not piece.has_more:
            return Reason.FIELD
        if held and held.isdisjoint(kinds):
            return Reason.KIND
    return None
