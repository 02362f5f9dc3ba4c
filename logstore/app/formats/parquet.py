"""The format `parquet`: one Parquet file, zstd, its columns labelled as in the format `arrow`."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from logstore.app.facts import Facts
from logstore.app.formats.arrow import labelled_schema
from logstore.app.formats.drain import Drain
from logstore.app.formats.rows import Shape

# Row groups smaller than this read slowly; larger ones are held in memory while they fill.
ROW_GROUP_ROWS = 65_536
# Rows can be large.
ROW_GROUP_BYTES = 64 * 1024 * 1024


class ParquetWriter:
    """Gathers batches into row groups."""

    content_type = "application/vnd.apache.parquet"

    def begin(self, shape: Shape) -> bytes:
        """The file's first bytes."""
        self._out = Drain()
        self._schema = labelled_schema(shape)
        self._file = pq.ParquetWriter(self._out.file, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []
        return self._out.take()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The row groups that are full now."""
        self._waiting.append(pa.RecordBatch.from_arrays(batch.columns, schema=self._schema))
        rows = sum(waiting.num_rows for waiting in self._waiting)
        if rows >= ROW_GROUP_ROWS or sum(waiting.nbytes for waiting in self._waiting) >= ROW_GROUP_BYTES:
            self._flush()
        return self._out.take()

    def end(self, facts: Facts) -> bytes:
        """The last row group and the footer."""
        del facts
        self._flush()
        self._file.close()
        return self._out.take()

    def _flush(self) -> None:
        if self._waiting:
            self._file.write_table(pa.Table.from_batches(self._waiting, self._schema))
            self._waiting = []
