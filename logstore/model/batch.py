"""A batch of decoded events: an Arrow table, with the map from its columns to fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from logstore.model.schema import Column


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Decoded events, immutable.

    Attributes:
        table: columns in the order of `columns` (types `schema.ARROW_TYPES`, texts also as
            `schema.DICTIONARY_TYPE`), the fixed ones first; after them at most one column `_more`
            (`schema.MORE_TYPE`), which has no row in `columns`. Rows ascend by `_seq`.
        columns: one per column of `table` but `_more`.
        time_min_ns, time_max_ns: smallest and largest `time`, UTC nanoseconds, both inclusive; 0 and -1 when empty.
        seq_min, seq_max: smallest and largest `_seq`, inclusive; 0 and -1 when empty.
    """

    table: pa.Table
    columns: tuple[Column, ...]
    time_min_ns: int
    time_max_ns: int
    seq_min: int
    seq_max: int
    _nbytes: int = field(default=-1, init=False, repr=False, compare=False)

    @property
    def rows(self) -> int:
        """Number of events."""
        return int(self.table.num_rows)

    @property
    def nbytes(self) -> int:
        """Bytes of the Arrow buffers that the table refers to."""
        # Counted once: it is asked for far more often than a batch is made.
        if self._nbytes < 0:
            object.__setattr__(self, "_nbytes", int(self.table.get_total_buffer_size()))
        return self._nbytes

    @property
    def has_more(self) -> bool:
        """Whether some fields are kept in `_more`."""
        return bool(self.table.num_columns > len(self.columns))


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event that could not be decoded: the sequence number it would have had, and why (a short fixed phrase)."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class DecodedEntries:
    """What a run of log entries became.

    Attributes:
        batch: the surviving events, ascending by `_seq`.
        rejections: the events that did not survive.
        changes: how many values were changed on the way in, by kind of change (a short fixed phrase).
        left: how many of the entries, the last ones, were not looked at: the run would have become too large. They are
            to be handed over again.
    """

    batch: EventBatch
    rejections: Sequence[Rejection] = ()
    changes: dict[str, int] = field(default_factory=dict)
    left: int = 0
