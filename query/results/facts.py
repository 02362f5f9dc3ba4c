"""What is to be known of an answer besides its rows."""

from __future__ import annotations

from dataclasses import dataclass

from query.sql.statement import Notice

__all__ = ["Facts", "Notice", "Outside"]


@dataclass(frozen=True, slots=True)
class Outside:
    """Matching events outside the time window of an empty answer: how many, and the time of the newest if any."""

    events: int
    newest_ns: int | None


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
    """

    rows: int
    cut: bool
    could_not_compute: int
    notices: tuple[Notice, ...]
    scanned_parts: int
    scanned_rows: int
    elapsed_ns: int
    seq: int
    outside: Outside | None = None
