"""One column of text for each field, whatever mix of kinds its values have."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from logstore.app.formats.jsonl import more_members
from logstore.app.formats.rows import Shape
from logstore.app.formats.texts import texts
from logstore.model.schema import MORE


def field_texts(batch: pa.RecordBatch, shape: Shape) -> list[pa.StringArray]:
    """The values of each field of `shape.fields` as text; null where a row has none."""
    return [
        pc.coalesce(*(texts(batch.columns[at], shape.columns[at].kind) for at in shape.positions(field)))
        for field in shape.fields
    ]


def more_texts(batch: pa.RecordBatch) -> pa.StringArray:
    """The fields in `_more` of each row as one JSON object; null where there are none."""
    return pc.binary_join_element_wise("{", more_members(batch.columns[-1]), "}", "")


def headings(shape: Shape) -> tuple[str, ...]:
    """The fields, and `_more` where it is."""
    return (*shape.fields, MORE) if shape.has_more else shape.fields
