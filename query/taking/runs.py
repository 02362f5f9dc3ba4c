"""Where rows can be, the newest first: row groups of files and batches in memory. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from logstore.model.snapshot import Part
from logstore.model.timespan import TimeSpan
from query.plan.prune import Piece, Pruned


@dataclass(frozen=True, slots=True)
class Run:
    """Rows that are looked at together.

    Attributes:
        newest_ns, oldest_ns: their span of time, inclusive.
        rows: how many.
        piece: number of what they are of, among the pieces that are looked at.
        place: of the row group; None: they are a batch.
    """

    newest_ns: int
    oldest_ns: int
    rows: int
    piece: int
    place: int | None


def runs_of(pruned: Pruned, window: TimeSpan, without: Collection[str]) -> Iterator[Run]:
    """All runs that overlap a window, by falling `newest_ns`.

    The row groups of a file are looked at when its newest event is reached.

    Args:
        pruned: what has to be looked at.
        window: of the events.
        without: paths of parts to leave out.
    """
    waiting: list[tuple[int, int, Run]] = []
    pieces = pruned.pieces
    number = 0
    for piece in sorted(range(len(pieces)), key=lambda each: pieces[each].time_max_ns, reverse=True):
        one = pieces[piece]
        # Not even the row groups of what is out of the window are looked at: of ten thousand parts there are many.
        if not window.overlaps(one.time_min_ns, one.time_max_ns) or (isinstance(one, Part) and one.path in without):
            continue
        while waiting and -waiting[0][0] >= one.time_max_ns:
            yield heapq.heappop(waiting)[2]
        for run in _runs(pruned, one, piece):
            if window.overlaps(run.oldest_ns, run.newest_ns):
                heapq.heappush(waiting, (-run.newest_ns, number, run))
                number += 1
    while waiting:
        yield heapq.heappop(waiting)[2]


def _runs(pruned: Pruned, piece: Piece, number: int) -> Iterator[Run]:
    if not isinstance(piece, Part):
        yield Run(piece.time_max_ns, piece.time_min_ns, piece.rows, number, None)
        return
    chosen = pruned.chosen.get(piece.path)
    wanted = None if chosen is None else {group.first_row for group in chosen}
    for place, group in enumerate(piece.row_groups):
        if wanted is None or group.first_row in wanted:
            yield Run(group.time_max_ns, group.time_min_ns, group.rows, number, place)
