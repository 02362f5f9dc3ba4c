"""A snapshot: the whole store at one instant, as one immutable value.

It holds every event with `_seq <= seq`, each exactly once: an event is in a part or in a head batch, never in both.
A query takes the reference and never looks at the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass

from logstore.model.batch import EventBatch
from logstore.model.schema import Column


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One Parquet row group: rows [first_row, first_row + rows) of its part, and their span of time (inclusive)."""

    first_row: int
    rows: int
    time_min_ns: int
    time_max_ns: int


@dataclass(frozen=True, slots=True)
class Part:
    """One sealed Parquet file.

    Attributes:
        path: absolute path of the file.
        generation: number of the generation it was sealed with.
        rows, bytes: number of events; size of the file.
        time_min_ns, time_max_ns: true span of `time`, inclusive. The path never says it.
        seq_min, seq_max: span of `_seq`, inclusive.
        columns: its columns but `_more`, in file order, fixed ones first.
        has_more: whether it has a `_more` column.
        tags: its distinct tags, sorted, when they are few; None when they are many.
        row_groups: in file order.
    """

    path: str
    generation: int
    rows: int
    bytes: int
    time_min_ns: int
    time_max_ns: int
    seq_min: int
    seq_max: int
    columns: tuple[Column, ...]
    has_more: bool
    tags: tuple[str, ...] | None
    row_groups: tuple[RowGroup, ...]
    tenant: str = "default"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The store at one instant.

    Attributes:
        seq: every event with `_seq` up to this one is in `parts` or `head`; rows above it, if any, are not visible.
        parts: sealed files.
        head: recent events in memory (frozen, few).
    """

    seq: int
    parts: tuple[Part, ...] = ()
    head: tuple[EventBatch, ...] = ()

    @property
    def rows(self) -> int:
        """Number of events that the snapshot's files and batches hold."""
        return sum(part.rows for part in self.parts) + sum(batch.rows for batch in self.head)
