"""Turning a generation's events into part files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from logstore.model.batch import EventBatch
from logstore.model.chunk import DEFAULT_TENANT
from logstore.model.merge import concat_batches, take
from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_HOUR
from logstore.storage.layout import part_name
from logstore.storage.part.encode import PartEncoder
from logstore.storage.part.order import times_of
from logstore.storage.part.shape import PartShape
from logstore.storage.part.split import split_hours
from logstore.storage.publish import Publisher


class PartWriter:
    """Writes parts.

    Args:
        publisher: puts the files into the data directory.
        shape: how they are written.
        max_parts: most parts that one generation becomes.
        new_ulid: makes names unique.
    """

    def __init__(self, publisher: Publisher, shape: PartShape, max_parts: int, new_ulid: Callable[[], str]) -> None:
        self._publisher = publisher
        self._shape = shape
        self._max_parts = max_parts
        self._new_ulid = new_ulid

    def write(self, batches: Sequence[EventBatch], generation: int) -> Iterator[Part]:
        """Writes the events as parts, each durable when it is yielded; their paths are names in the data directory.

        Raises:
            StorageError: a part could not be written; those yielded before are there.
        """
        for hour, batch in _by_hour(concat_batches(batches), self._max_parts):
            encoder = PartEncoder(batch, generation, DEFAULT_TENANT, self._shape)
            name = part_name(DEFAULT_TENANT, hour, generation, self._new_ulid())
            self._publisher.publish_growing(name, encoder.pieces())
            yield encoder.part(name)


def _by_hour(batch: EventBatch, max_parts: int) -> Iterator[tuple[int | None, EventBatch]]:
    """The events of each hour that gets a part, and under None those of all other hours; none of them empty."""
    if not batch.rows:
        return
    hours = times_of(batch) // NS_PER_HOUR
    found, counts = np.unique(hours, return_counts=True)
    split = split_hours(dict(zip(found.tolist(), counts.tolist(), strict=True)), max_parts)
    if len(found) == 1 and split.own:
        yield split.own[0], batch
        return
    for hour in split.own:
        yield hour, take(batch, pa.array(np.flatnonzero(hours == hour)))
    if split.mixed:
        yield None, take(batch, pa.array(np.flatnonzero(np.isin(hours, split.mixed))))
