"""The format `raw`: the message of each event on a line of its own, as it was sent; other results tab-separated."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from logstore.app.facts import Facts
from logstore.app.formats.jsonl import joined_bytes
from logstore.app.formats.merged import field_texts
from logstore.app.formats.rows import Shape, slices
from logstore.app.formats.terminal import safe
from logstore.model.schema import MESSAGE

_LAYOUT = "\n\t"


class RawWriter:
    """Writes messages.

    Args:
        on_terminal: whether control characters must be made harmless.
    """

    content_type = "text/plain; charset=utf-8"

    def __init__(self, *, on_terminal: bool = False) -> None:
        self._on_terminal = on_terminal

    def begin(self, shape: Shape) -> bytes:
        """Takes the columns; writes nothing."""
        self._shape = shape
        return b""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The lines of a batch."""
        text = b"".join(self._lines(piece) for piece in slices(batch))
        return safe(text.decode(), keep=_LAYOUT).encode() if self._on_terminal else text

    def end(self, facts: Facts) -> bytes:
        """Writes nothing: every line is a row."""
        del facts
        return b""

    def _lines(self, batch: pa.RecordBatch) -> bytes:
        columns = field_texts(batch, self._shape)
        if MESSAGE in self._shape.fields:
            columns = [columns[self._shape.fields.index(MESSAGE)]]
        if not columns:
            return b"\n" * int(batch.num_rows)
        lines = pc.binary_join_element_wise(*(pc.fill_null(column, "") for column in columns), "\t")
        return joined_bytes(pc.binary_join_element_wise(lines, "\n", ""))
