"""From batches of folded lines to a table of templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from query.patterns.bounds import Bounds
from query.patterns.choice import make_miner
from query.patterns.mined import Cluster, Lines
from query.patterns.templates import joined, search_for, text_of

_FORMS_AT_A_TIME = 1_000
"""Between two looks whether the query was ended. The slowest take some milliseconds."""

PATTERN, COUNT, SHARE = "pattern", "count", "share"
FIRST, LAST, EXAMPLE, SEARCH = "first", "last", "example", "search"

SCHEMA = pa.schema(
    [
        (PATTERN, pa.string()),
        (COUNT, pa.int64()),
        (SHARE, pa.float64()),
        (FIRST, pa.int64()),
        (LAST, pa.int64()),
        (EXAMPLE, pa.string()),
        (SEARCH, pa.string()),
    ]
)
"""Times are nanoseconds."""


@dataclass(frozen=True, slots=True)
class Mining:
    """Finds templates in the values of a field.

    Attributes:
        name: of the field, for the searches that find the values again; None: the message.
        bounds: how much is told apart.
    """

    name: str | None = None
    bounds: Bounds = field(default_factory=Bounds)

    def __call__(self, batches: Iterable[pa.RecordBatch], check: Callable[[], None]) -> pa.Table:
        """The templates, by falling count.

        Args:
            batches: four columns: different texts, how often each occurred, first and last time in nanoseconds.
            check: called now and then; what it raises comes out.
        """
        miner = make_miner(self.bounds)
        for batch in batches:
            miner.add(_lines(batch))
            check()
        while miner.advance(_FORMS_AT_A_TIME):
            check()
        return _table(joined(miner.clusters()), self.name)


def _lines(batch: pa.RecordBatch) -> Lines:
    texts, *numbers = batch.columns
    offsets, data = texts.buffers()[1:]
    counts, firsts, lasts = (column.to_numpy(zero_copy_only=False) for column in numbers)
    return Lines(
        np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1],
        np.frombuffer(data if data is not None and data.size else b"", np.uint8),
        *(counts, firsts, lasts),
    )


def _table(clusters: list[Cluster], name: str | None) -> pa.Table:
    total = sum(cluster.count for cluster in clusters)
    columns = (
        [text_of(cluster.tokens) for cluster in clusters],
        [cluster.count for cluster in clusters],
        [cluster.count / total for cluster in clusters],
        [cluster.first for cluster in clusters],
        [cluster.last for cluster in clusters],
        [cluster.example.decode() for cluster in clusters],
        [search_for(cluster.tokens, name) for cluster in clusters],
    )
    arrays = [pa.array(values, SCHEMA.field(place).type) for place, values in enumerate(columns)]
    return pa.table(arrays, schema=SCHEMA)
