"""What a format is: something that turns batches of rows into bytes, piece by piece."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape


class Writer(Protocol):
    """Writes one answer. `begin` comes first and once, then any number of `rows`, then `end`."""

    content_type: str
    """Media type of the whole output."""

    def begin(self, shape: Shape) -> bytes:
        """Takes the columns that every batch will have; returns what stands before all rows."""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """What the rows of a batch become; may be empty and come with a later call."""

    def end(self, facts: Facts) -> bytes:
        """What stands after all rows."""
