"""A snapshot: the whole store at one instant, as one immutable value.

It holds every event with `_seq <= seq`, each exactly once: an event is in a part or in a head batch, never in both.
A query takes the reference and never looks at the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from logstore.model.batch import EventBatch
from logstore.model.schema import Column
from logstore.model.timespan import TimeSpan

Packed: TypeAlias = bytes
"""Values in a layout of their own, which only the module knows that is named beside it."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """One Parquet row group: rows [first_row, first_row + rows) of its part, and their span of time (inclusive)."""

    first_row: int
    rows: int
    time_min_ns: int
    time_max_ns: int


@dataclass(frozen=True, slots=True)
class Deletion:
    """Events that somebody deleted: those that match a search, within a window, and were stored before it.

    Attributes:
        number: rises with each deletion.
        search: the search, in the query language.
        window: only events of this time.
        seq: only events with `_seq` up to this one.
        made_ns: when, UTC nanoseconds.
        erase_ns: from when on such events should be taken out of the files.
        rule: the retention rule that it came of; empty when a person made it.
    """

    number: int
    search: str
    window: TimeSpan
    seq: int
    made_ns: int
    tenant: str = "default"
    erase_ns: int = 0
    rule: str = ""


@dataclass(frozen=True, slots=True)
class DeletedRows:
    """The rows of a part that a deletion covers, once they have been looked up.

    Attributes:
        deletion: number of the deletion.
        count: how many rows.
        rows: which, as `logstore.model.row_set` packs them; empty when there are none.
    """

    deletion: int
    count: int
    rows: Packed


@dataclass(frozen=True, slots=True)
class Part:
    """One sealed Parquet file.

    Attributes:
        path: absolute path of the file.
        generation: number of the generation it was written with.
        rows, bytes: number of events; size of the file.
        time_min_ns, time_max_ns: true span of `time`, inclusive. The path never says it.
        seq_min, seq_max: span of `_seq`, inclusive.
        columns: its columns but `_more`, in file order, fixed ones first.
        has_more: whether it has a `_more` column.
        tags: its distinct tags, sorted, when they are few; None when they are many.
        row_groups: in file order.
        level: 0 as it was sealed; higher the larger the parts are that compaction has made of others.
        index: absolute path of its word index; None when it has none.
        index_bytes: size of that file.
        checksums: of its bytes, as `logstore.storage.part` packs them; None for parts that were written without.
        deleted: its rows of the deletions that have been looked up in it; those of others are not known yet.
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
    row_groups: Sequence[RowGroup]
    tenant: str = "default"
    level: int = 0
    index: str | None = None
    index_bytes: int = 0
    checksums: Packed | None = None
    deleted: tuple[DeletedRows, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The store at one instant.

    Attributes:
        seq: every event with `_seq` up to this one is in `parts` or `head`; rows above it, if any, are not visible.
        parts: sealed files.
        head: recent events in memory (frozen, few).
        deletions: what is deleted and may still be in the files; ascending by number.
    """

    seq: int
    parts: tuple[Part, ...] = ()
    head: tuple[EventBatch, ...] = ()
    deletions: tuple[Deletion, ...] = ()

    @property
    def rows(self) -> int:
        """Number of events that the snapshot's files and batches hold."""
        return sum(part.rows for part in self.parts) + sum(batch.rows for batch in self.head)
