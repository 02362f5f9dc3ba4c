"""The order of rows in a part: (time bucket, tag, time, `_seq`). Pure.

Rows of one tag side by side compress better; buckets of time keep every row group's span of time short enough that a
reader of the newest rows can stop early.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.batch import EventBatch
from logstore.model.schema import SEQ, TAG, TIME

Integers = np.ndarray[Any, np.dtype[np.int64]]


def order_for_part(batch: EventBatch, bucket_rows: int) -> Integers:
    """The rows of `batch`, by number, in the order of a part.

    Args:
        batch: events, in any order.
        bucket_rows: about how many rows a bucket of time holds.
    """
    times = times_of(batch)
    seqs = batch.table.column(SEQ).to_numpy()
    keys = [seqs, times, _ranks(batch.table.column(TAG))]
    count = round(len(times) / bucket_rows)
    if count > 1:
        keys.append(_buckets(times, count))
    return np.lexsort(keys)


def times_of(batch: EventBatch) -> Integers:
    """The column `time` as UTC nanoseconds."""
    times: Integers = batch.table.column(TIME).cast(pa.int64()).to_numpy()
    return times


def _buckets(times: Integers, count: int) -> Integers:
    """The number of each row's bucket: as many rows in each of `count`, rising with time."""
    buckets = np.empty(len(times), np.int64)
    buckets[np.argsort(times, kind="stable")] = np.arange(len(times)) * count // len(times)
    return buckets


def _ranks(tags: pa.ChunkedArray) -> Integers:
    """Integers that sort as the tags do."""
    encoded = tags.combine_chunks().dictionary_encode()
    ranks: Integers = np.empty(len(encoded.dictionary), np.int64)
    ranks[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(ranks))
    ranked: Integers = ranks[encoded.indices.to_numpy()]
    return ranked
