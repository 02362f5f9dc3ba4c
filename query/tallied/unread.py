"""Whether the rows of a plan can be put together without a file and without a statement. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from logstore.model.schema import Column
from logstore.model.snapshot import Deletion
from query.plan.countable import Counted
from query.plan.known import KnownRows
from query.plan.portions import Portion
from query.plan.prune import Bounds
from query.plan.split import Split
from query.tallied.answer import known_answer
from query.tallied.memory import in_memory

MOST_ROWS = 500_000
"""Of what is known: some 140 bytes of memory each, which nobody counts as the database counts its own."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What a plan has to look at.

    Attributes:
        split: the plan.
        counted: what it counts by; None: it does more than to count.
        known: what is known of its parts.
        unknown: what is not known.
        bounds: of its scan.
        deletions: of the snapshot.
    """

    split: Split
    counted: Counted | None
    known: KnownRows
    unknown: Portion
    bounds: Bounds
    deletions: Sequence[Deletion]

    @property
    def is_told(self) -> bool:
        """Whether it counts, and something is known of it or no file has to be read."""
        return self.counted is not None and (bool(self.known) or not self.unknown.parts)

    def rows(self, columns: Sequence[Column], most_rows: int | None) -> pa.RecordBatch | None:
        """The rows, which have these columns; None where a statement has to make them."""
        if self.unknown.parts or self.counted is None:
            return None
        head = in_memory(self.unknown.head, self.deletions, self.counted, self.bounds)
        if head is None:
            return None
        pieces = (*self.known.pieces, *head)
        if sum(len(piece.rows) for piece in pieces) > MOST_ROWS:
            return None
        return known_answer(self.split, pieces, columns, most_rows)
