"""Finding the rows that a deletion covers, with a query engine of its own: askers and it do not wait for each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import duckdb
import numpy as np
import pyarrow as pa

from logstore.clock import Clock
from logstore.errors import LogstoreError, StorageError
from logstore.model.row_set import Rows
from logstore.model.schema import SEQ
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.storage.part.load import load_table
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.plan.erased import erased

_MEMORY_BYTES = 256 << 20
_TIME_S = 600.0
"""A search through one part takes a second or so; what takes longer is told, and tried again."""


class _OnePart:
    """A source that holds one part. Used by one thread."""

    def __init__(self) -> None:
        self.now = Snapshot(0)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The part, whose file the caller keeps."""
        yield self.now


class EngineRowFinder:
    """See `logstore.storage.upkeep.row_finder.RowFinder`. Made once; its engine when it is needed first.

    Args:
        clock: measures how long it takes.
        temp_directory: where what does not fit into memory goes.
    """

    def __init__(self, clock: Clock, temp_directory: str | None) -> None:
        self._clock = clock
        self._limits = Limits(time_s=_TIME_S, memory_bytes=_MEMORY_BYTES, threads=1, temp_directory=temp_directory)
        self._source = _OnePart()
        self._engine: Engine | None = None

    def find(self, part: Part, deletion: Deletion) -> Rows:
        """The rows of a part that a deletion covers, by their numbers in the file."""
        # A search that this version does not understand is told in the same words everywhere.
        erased(deletion)
        self._source.now = Snapshot(deletion.seq, (part,))
        request = Request(f"{deletion.search} | fields {SEQ}", deletion.window, limit=part.rows)
        try:
            with self._started().query(request) as answer:
                found = answer.table().column(0)
        except (LogstoreError, duckdb.Error, OSError) as error:
            raise StorageError(
                f"deletion {deletion.number} could not be looked up in {part.path}: {error}",
                "until it is, every query tests each event of that part",
            ) from error
        return _places(part, found)

    def close(self) -> None:
        """Closes the engine."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _started(self) -> Engine:
        if self._engine is None:
            self._engine = Engine(self._source, self._limits, self._clock)
        return self._engine


def _places(part: Part, seqs: pa.ChunkedArray) -> Rows:
    """The numbers of the rows with these sequence numbers, of which each is there once."""
    if not len(seqs):
        return np.empty(0, np.int64)
    if len(seqs) == part.rows:
        return np.arange(part.rows)
    return np.flatnonzero(np.isin(load_table(part.path, part, [SEQ]).column(SEQ).to_numpy(), seqs.to_numpy()))
