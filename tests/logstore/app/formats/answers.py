"""Made-up answers for the tests of formats."""

import pyarrow as pa

from logstore.app.formats.rows import Shape
from logstore.model.schema import ARROW_TYPES, MORE, MORE_TYPE, Column, Kind


def answer(*columns, more=None):
    """A shape and a batch, from (field, kind, values) for each column, and the `_more` of each row."""
    named = [Column(f"c{number}", field, kind) for number, (field, kind, _) in enumerate(columns)]
    arrays = [pa.array(values, ARROW_TYPES[kind]) for _, kind, values in columns]
    names = [column.name for column in named]
    if more is not None:
        arrays.append(pa.array(more, MORE_TYPE))
        names.append(MORE)
    return Shape(tuple(named), more is not None), pa.record_batch(arrays, names=names)


def events():
    """Two events: one with everything awkward, one with almost nothing."""
    return answer(
        ("time", Kind.TIME, [-1, 1_795_341_600_000_000_007]),
        ("level", Kind.TEXT, ["error", None]),
        ("tag", Kind.TEXT, ["app.web", "t"]),
        ("message", Kind.TEXT, ['say "hi"\n\x1b[31mred', "plain"]),
        ("status", Kind.INT, [200, None]),
        ("status", Kind.TEXT, [None, "4 2"]),
        ("big", Kind.UINT, [2**64 - 1, None]),
        ("took", Kind.FLOAT, [5.0, float("nan")]),
        ("list", Kind.JSON, ["[1,NaN,123456789012345678901]", None]),
        more=[[("rare", '"x"'), ("inf", "-Infinity")], None],
    )


def written(writer, shape, *batches, facts=None):
    """Everything that a writer writes for an answer."""
    return writer.begin(shape) + b"".join(writer.rows(batch) for batch in batches) + writer.end(facts)
