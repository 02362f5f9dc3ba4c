"""The format `jsonl`: a JSON object per row, a line each; a missing field is left out.

Where `lines`, which is compiled, was not built, this works on columns: every column becomes `"name":value` fragments,
the fragments of a row are joined, and the joined column's buffer is the output. (Joining with commas and skipping nulls
would be simpler, but pyarrow 26 drops rows whose values are all null then.)
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from types import ModuleType

import pyarrow as pa
import pyarrow.compute as pc

from logstore.app.facts import Facts
from logstore.app.formats.json_values import finite, json_text, json_values
from logstore.app.formats.rows import Shape, slices
from logstore.model.schema import Kind

_FORMS: Mapping[Kind, bytes] = {
    Kind.TEXT: b"t",
    Kind.JSON: b"d",
    Kind.INT: b"i",
    Kind.UINT: b"u",
    Kind.FLOAT: b"f",
    Kind.BOOL: b"b",
    Kind.TIME: b"n",
}
"""How `lines.lines` calls what the values of a kind are."""
_MEMBERS = b"m"
"""And what it knows nothing of."""


def compiled() -> ModuleType | None:
    """What writes rows in one go; None where it was not built."""
    if sys.byteorder != "little":
        return None
    try:
        from logstore.app.formats import lines  # noqa: PLC0415 - not everywhere is it built
    except ImportError:
        return None
    return lines


class JsonlWriter:
    """Writes rows as JSON lines.

    Args:
        is_compiled: whether the kernel does it, where there is one.
    """

    content_type = "application/x-ndjson"

    def __init__(self, *, is_compiled: bool = True) -> None:
        self._kernel = compiled() if is_compiled else None

    def begin(self, shape: Shape) -> bytes:
        """Takes the columns; writes nothing."""
        self._shape = shape
        self._names = [f",{json_text(column.field)}:" for column in shape.columns]
        self._forms = b"".join(_FORMS[column.kind] for column in shape.columns) + _MEMBERS * shape.has_more
        self._starts = [name.encode() for name in self._names] + [b","] * shape.has_more
        return b""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The lines of a batch."""
        return b"".join(self._lines(piece) for piece in slices(batch))

    def end(self, facts: Facts) -> bytes:
        """Writes nothing: every line is a row."""
        del facts
        return b""

    def _lines(self, batch: pa.RecordBatch) -> bytes:
        if self._kernel is None:
            return self._joined(batch)
        written: bytes = self._kernel.lines(batch, self._starts, self._forms, partial(self._rendered, batch))
        return written

    def _rendered(self, batch: pa.RecordBatch, place: int) -> pa.StringArray:
        """What the kernel leaves to us."""
        if place == len(self._shape.columns):
            return more_members(batch.columns[-1])
        return json_values(batch.column(place), self._shape.columns[place].kind)

    def _joined(self, batch: pa.RecordBatch) -> bytes:
        """The same, column by column."""
        # Every member brings a comma, the first one too many; where no row lacks that one, it brings a brace instead.
        is_whole = bool(self._names) and not batch.columns[0].null_count
        names = ["{" + self._names[0][1:], *self._names[1:]] if is_whole else self._names
        parts = [
            pc.binary_join_element_wise(name, json_values(values, column.kind), "")
            for name, column, values in zip(names, self._shape.columns, batch.columns, strict=False)
        ]
        if self._shape.has_more:
            parts.append(pc.binary_join_element_wise(",", more_members(batch.columns[-1]), ""))
        if not parts:
            return b"{}\n" * len(batch)
        start = "" if is_whole else "{"
        lines = pc.binary_join_element_wise(start, *parts, "}\n", "", null_handling="replace", null_replacement="")
        # The first "{," of a line can only be its start.
        return joined_bytes(lines if is_whole else pc.replace_substring(lines, "{,", "{", max_replacements=1))


def more_members(more: pa.MapArray) -> pa.StringArray:
    """The members that each row's `_more` adds to its object, joined by commas; null where it adds none."""
    offsets = more.offsets
    start, end = offsets[0].as_py(), offsets[-1].as_py()
    # A slice shares the entries of the whole array: only its own are worth rendering.
    names = json_values(more.keys.slice(start, end - start), Kind.TEXT)
    values = finite(more.items.slice(start, end - start))
    members = pc.binary_join_element_wise(names, ":", values, "")
    lists = pa.ListArray.from_arrays(pc.subtract(offsets, start), members)
    return pc.if_else(
        pc.greater(pc.list_value_length(lists), 0), pc.binary_join(lists, ","), pa.scalar(None, pa.string())
    )


def joined_bytes(strings: pa.StringArray) -> bytes:
    """All strings one after the other."""
    offsets = pa.Array.from_buffers(pa.int32(), len(strings) + 1, [None, strings.buffers()[1]], offset=strings.offset)
    start, end = offsets[0].as_py(), offsets[-1].as_py()
    return strings.buffers()[2][start:end].to_pybytes() if end > start else b""
