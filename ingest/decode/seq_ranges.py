"""Which rows of a decoded batch belong to which log entry: an entry's events have the `_seq` of its range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from logstore.model.batch import EventBatch
from logstore.model.chunk import Entry
from logstore.model.schema import SEQ

# Rows of one Arrow array of text, which holds 2 GiB: host names have at most 253 bytes, addresses fewer.
_SLICE_ROWS = 1 << 20


def row_counts(batch: EventBatch, entries: Sequence[Entry]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """How many rows of `batch` each of the entries has; both ascend by `_seq`, and every row belongs to an entry."""
    seqs = batch.table.column(SEQ).to_numpy()
    ends = np.searchsorted(seqs, np.array([entry.end for entry in entries], np.int64))
    return np.diff(ends, prepend=0)


def spread(values: Sequence[str | None], counts: np.ndarray[Any, np.dtype[np.int64]]) -> pa.ChunkedArray:
    """For each row the value of its entry: `values[i]` in the next `counts[i]` rows."""
    distinct = list(dict.fromkeys(values))
    code_of = {value: code for code, value in enumerate(distinct)}
    codes = np.repeat(np.array([code_of[value] for value in values], np.int32), counts)
    texts = pa.array(distinct, pa.string())
    slices = [texts.take(pa.array(codes[at : at + _SLICE_ROWS])) for at in range(0, len(codes), _SLICE_ROWS)]
    return pa.chunked_array(slices, pa.string())
