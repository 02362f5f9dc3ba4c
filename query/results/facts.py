"""What is to be known of an answer besides its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from logstore.model.snapshot import Part
from query.sql.statement import Notice

__all__ = ["Facts", "Lacking", "Notice", "Outside"]


@dataclass(frozen=True, slots=True)
class Outside:
    """Matching events outside the time window of an empty answer: how many, and the time of the newest if any."""

    events: int
    newest_ns: int | None


@dataclass(frozen=True, slots=True)
class Lacking:
    """Parts that an answer should have been computed from too, and that are damaged, missing or out of reach.

    Attributes:
        parts, rows: how many, and the events that they hold, of which some may match.
        time_min_ns, time_max_ns: their span of time, inclusive.
        unreached: why some of them could not be had, though they may be later; each reason once.
    """

    parts: int
    rows: int
    time_min_ns: int
    time_max_ns: int
    unreached: tuple[str, ...] = ()


def lacking_of(parts: Sequence[Part], unreached: tuple[str, ...] = ()) -> Lacking | None:
    """What these parts lack an answer; None when there are none."""
    if not parts:
        return None
    return Lacking(
        len(parts),
        sum(part.rows for part in parts),
        min(part.time_min_ns for part in parts),
        max(part.time_max_ns for part in parts),
        unreached,
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts about a whole answer.

    Attributes:
        rows: number of rows given.
        cut: whether there were more, which the limit on rows left out.
        could_not_compute: values that expressions could not compute, on all rows that reached them.
        notices: what the asker should know, with places in the query.
        scanned_parts: files and batches that were looked into.
        scanned_rows: the events that these hold.
        elapsed_ns: from the start of the query to its last row.
        seq: the snapshot's; the answer holds for the events up to this one.
        outside: for an empty answer of event rows within a time window: what would match outside of it.
        snapshot: id of the snapshot: `at` asks it again.
        next: id of the last row given, where there are more and `after` can go on behind it.
        lacking: what the answer was not computed from because it is damaged or missing; None when it is whole.
        scanned_bytes: of the files that hold the scanned events, the columns that are not read included.
    """

    rows: int
    cut: bool
    could_not_compute: int
    notices: tuple[Notice, ...]
    scanned_parts: int
    scanned_rows: int
    elapsed_ns: int
    seq: int
    snapshot: str = ""
    next: str | None = None
    outside: Outside | None = None
    lacking: Lacking | None = None
    scanned_bytes: int = 0
