"""The format `arrow`: an Arrow IPC stream.

Each column's field and kind are in its metadata (`rows.label`). The stream ends with a batch of no rows, whose custom
metadata holds the facts of the answer, or the error that ended it early: readers that do not know of it see no row too
many.
"""

from __future__ import annotations

import pyarrow as pa

from logstore.app.facts import ERROR_KEY, METADATA_KEY, Facts
from logstore.app.formats.drain import Drain
from logstore.app.formats.rows import Shape, label
from logstore.model.schema import ARROW_TYPES, MORE, MORE_TYPE


class ArrowWriter:
    """Writes batches as they are."""

    content_type = "application/vnd.apache.arrow.stream"

    def begin(self, shape: Shape) -> bytes:
        """The schema."""
        self._out = Drain()
        self._schema = labelled_schema(shape)
        self._stream = pa.ipc.new_stream(self._out.file, self._schema)
        return self._out.take()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The batch."""
        if batch.num_rows:
            self._stream.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=self._schema))
        return self._out.take()

    def end(self, facts: Facts) -> bytes:
        """The facts and the end of the stream."""
        return self._close({METADATA_KEY: facts.to_json()})

    def fail(self, error: bytes) -> bytes:
        """The end of the stream after an error, given as JSON."""
        return self._close({ERROR_KEY: error})

    def _close(self, metadata: dict[bytes, bytes]) -> bytes:
        nothing = pa.RecordBatch.from_arrays([pa.array([], field.type) for field in self._schema], schema=self._schema)
        self._stream.write_batch(nothing, custom_metadata=metadata)
        self._stream.close()
        return self._out.take()


def labelled_schema(shape: Shape) -> pa.Schema:
    """The schema of an answer's batches, labelled."""
    fields = [pa.field(column.name, ARROW_TYPES[column.kind]) for column in shape.columns]
    more = [pa.field(MORE, MORE_TYPE)] if shape.has_more else []
    return label(pa.schema([*fields, *more]), shape.columns)
