"""The format `csv`: RFC 4180 with a header line and line feeds; a missing value is empty, empty text is `""`."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from logstore.app.facts import Facts
from logstore.app.formats.jsonl import joined_bytes
from logstore.app.formats.merged import field_texts, headings, more_texts
from logstore.app.formats.rows import Shape, slices

_NEEDS_QUOTES = r'[",\r\n]|^ | $|^$'


class CsvWriter:
    """Writes rows as comma-separated values."""

    content_type = "text/csv; charset=utf-8; header=present"

    def begin(self, shape: Shape) -> bytes:
        """The header line."""
        self._shape = shape
        names = _quoted(pa.array(headings(shape), pa.string()))
        return (",".join(names.to_pylist()) + "\n").encode()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The lines of a batch."""
        return b"".join(self._lines(piece) for piece in slices(batch))

    def end(self, facts: Facts) -> bytes:
        """Writes nothing: every line is a row."""
        del facts
        return b""

    def _lines(self, batch: pa.RecordBatch) -> bytes:
        columns = field_texts(batch, self._shape)
        if self._shape.has_more:
            columns.append(more_texts(batch))
        cells = [pc.fill_null(_quoted(column), "") for column in columns]
        if not cells:
            return b"\n" * int(batch.num_rows)
        lines = pc.binary_join_element_wise(*cells, ",")
        return joined_bytes(pc.binary_join_element_wise(lines, "\n", ""))


def _quoted(values: pa.StringArray) -> pa.StringArray:
    needs = pc.match_substring_regex(values, _NEEDS_QUOTES)
    doubled = pc.replace_substring(values, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), values)
