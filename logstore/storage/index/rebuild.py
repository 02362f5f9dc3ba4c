"""Reading of a part what its word index is made of."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from logstore.errors import CorruptionError
from logstore.model.snapshot import Part
from logstore.storage.index.build import index_columns


def read_row_groups(part: Part) -> Iterator[pa.Table]:
    """What an index is made of in a part, a row group at a time.

    Args:
        part: its path is absolute.

    Raises:
        CorruptionError: the part cannot be read.
    """
    try:
        with pq.ParquetFile(part.path) as file:
            names = index_columns(file.schema_arrow)
            for place in range(file.num_row_groups):
                yield file.read_row_group(place, columns=names, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise CorruptionError(f"the part cannot be read: {error}", part.path) from error
