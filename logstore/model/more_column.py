"""The Arrow column `_more`: made from columns that are too rare to keep, and taken apart into columns again.

In one batch a field stands in columns or in `_more`, never in both, so a reader asks one place only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.more import Value, from_more_text, to_more_text
from logstore.model.schema import ARROW_TYPES, MORE_TYPE, Kind

Rows = npt.NDArray[np.int64]
"""Row numbers, ascending."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """The values of one field and kind: `values[i]`, never null, stands in row `rows[i]`."""

    field: str
    kind: Kind
    rows: Rows
    values: pa.Array


@dataclass(frozen=True, slots=True)
class MoreEntries:
    """What `_more` says, entry by entry: in row `rows[i]` the field `fields[i]` has the JSON text `texts[i]`."""

    rows: Rows
    fields: pa.Array
    texts: pa.Array


# Not `pa.array([])`: that imports pandas wherever it is installed.
NO_ENTRIES = MoreEntries(np.empty(0, np.int64), pa.nulls(0, pa.string()), pa.nulls(0, pa.string()))


def entries_of(column: Sparse) -> MoreEntries:
    """The entries that keep a column's values in `_more`."""
    texts = [to_more_text(column.kind, value) for value in column.values.to_pylist()]
    fields = pa.repeat(pa.scalar(column.field, pa.string()), len(texts))
    return MoreEntries(column.rows, fields, pa.array(texts, pa.string()))


def build_more(num_rows: int, entries: Iterable[MoreEntries]) -> pa.Array:
    """The column `_more` of `num_rows` rows, null where a row has no entry; keys ascend within a row.

    No field may occur twice in a row.
    """
    parts = [*entries, NO_ENTRIES]
    rows = np.concatenate([part.rows for part in parts])
    fields = pa.concat_arrays([part.fields for part in parts])
    texts = pa.concat_arrays([part.texts for part in parts])
    keys = pa.table({"row": rows, "field": fields})
    position = pc.sort_indices(keys, [("row", "ascending"), ("field", "ascending")])
    lengths = np.bincount(rows, minlength=num_rows)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.MapArray.from_arrays(
        pa.array(offsets), fields.take(position), texts.take(position), type=MORE_TYPE, mask=pa.array(lengths == 0)
    )


def read_more(column: pa.ChunkedArray | pa.Array) -> MoreEntries:
    """The entries of a column `_more`, by ascending row."""
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    offsets = column.offsets.to_numpy()
    first, last = int(offsets[0]), int(offsets[-1])
    rows = np.repeat(np.arange(len(column), dtype=np.int64), np.diff(offsets))
    # A null row may still cover entries: Arrow allows that, and `take` and `filter` leave such rows behind.
    present = column.is_valid().to_numpy(zero_copy_only=False)[rows]
    fields = column.keys.slice(first, last - first)
    texts = column.items.slice(first, last - first)
    if present.all():
        return MoreEntries(rows, fields, texts)
    return MoreEntries(rows[present], fields.filter(pa.array(present)), texts.filter(pa.array(present)))


def columns_from(entries: MoreEntries) -> list[Sparse]:
    """The values of the entries as columns, one for each field and kind."""
    found: dict[tuple[str, Kind], tuple[list[int], list[Value]]] = defaultdict(lambda: ([], []))
    for row, field, text in zip(
        entries.rows.tolist(), entries.fields.to_pylist(), entries.texts.to_pylist(), strict=True
    ):
        kind, value = from_more_text(text)
        rows, values = found[field, kind]
        rows.append(row)
        values.append(value)
    return [
        Sparse(field, kind, np.array(rows, np.int64), pa.array(values, ARROW_TYPES[kind]))
        for (field, kind), (rows, values) in found.items()
    ]


def scatter(column: Sparse, num_rows: int) -> pa.Array:
    """The column's values as an Arrow array of `num_rows` rows, null where it has none."""
    if len(column.rows) == num_rows:
        return column.values
    places = np.zeros(num_rows, np.int64)
    places[column.rows] = np.arange(len(column.rows))
    missing = np.ones(num_rows, np.bool_)
    missing[column.rows] = False
    return column.values.take(pa.array(places, mask=missing))
