"""A few values of a column, from which it is guessed how the column is written best. Pure."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

SAMPLE_ROWS = 2048
"""More tell better how often values repeat; fewer cost less. An error costs time or size, never a value."""


def sample(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """About `SAMPLE_ROWS` values at equal distances, all of them when they are fewer."""
    step = max(1, len(column) // SAMPLE_ROWS)
    # Piece by piece: to take from all of them at once would first join them, which copies the whole column.
    pieces = []
    first = 0
    for piece in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        pieces.append(piece.take(pa.array(np.arange(first, len(piece), step))))
        first = (first - len(piece)) % step
    return pa.concat_arrays(pieces) if pieces else pa.nulls(0, column.type)
