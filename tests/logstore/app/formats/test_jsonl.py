"""Tests of logstore.app.formats.jsonl and the modules that it is made of."""

import json
import math

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from logstore.app.formats.jsonl import JsonlWriter
from logstore.model.schema import Kind
from tests.logstore.app.formats.answers import answer, events, written


def lines(shape, *batches):
    """The objects that the lines hold."""
    return [json.loads(line) for line in written(JsonlWriter(), shape, *batches).split(b"\n")[:-1]]


def test_values_keep_their_types_and_missing_ones_are_left_out():
    """Numbers stay exact, JSON is JSON, times have nine digits, `_more` is expanded, NaN is a string."""
    shape, batch = events()
    first, second = lines(shape, batch)
    assert first == {
        "time": "1969-12-31T23:59:59.999999999Z",
        "level": "error",
        "tag": "app.web",
        "message": 'say "hi"\n\x1b[31mred',
        "status": 200,
        "big": 2**64 - 1,
        "took": 5.0,
        "list": [1, "NaN", 123456789012345678901],
        "rare": "x",
        "inf": "-Infinity",
    }
    assert second == {
        "time": "2026-11-22T10:00:00.000000007Z",
        "tag": "t",
        "message": "plain",
        "status": "4 2",
        "took": "NaN",
    }


def test_slices_of_a_batch_write_their_own_rows_only():
    """A batch that shares its buffers with others writes no row of theirs."""
    shape, batch = events()
    assert lines(shape, batch.slice(1, 1), batch.slice(0, 1)) == list(reversed(lines(shape, batch)))
    assert lines(shape, batch.slice(0, 0)) == []


def test_a_row_without_values_is_an_empty_object():
    """A row whose fields are all missing is still a line."""
    shape, batch = answer(("a", Kind.INT, [None, 1]))
    assert written(JsonlWriter(), shape, batch) == b'{}\n{"a":1}\n'
    shape, batch = answer(("a", Kind.INT, [None]), more=[[("k", "1")]])
    assert written(JsonlWriter(), shape, batch) == b'{"k":1}\n'


@given(st.lists(st.one_of(st.none(), st.text()), max_size=8), st.text())
def test_any_text_reads_back_the_same(values, name):
    """Escaping is right for every text, as a value and as a name."""
    shape, batch = answer((name, Kind.TEXT, values))
    assert lines(shape, batch) == [{} if value is None else {name: value} for value in values]


@given(st.lists(st.floats(), max_size=8))
def test_any_float_reads_back_the_same(values):
    """Floats keep every bit, and stay floats; what is not finite is a string."""
    shape, batch = answer(("x", Kind.FLOAT, values))
    for row, value in zip(lines(shape, batch), values, strict=True):
        if math.isfinite(value):
            assert isinstance(row["x"], float)
            assert row["x"].hex() == value.hex()
        else:
            assert row["x"] == ("NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity")


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8))
def test_any_time_is_written_to_the_nanosecond(values):
    """Nine digits, floor of the second also before 1970; from the first to the last time that fits."""
    shape, batch = answer(("time", Kind.TIME, values))
    for row, value in zip(lines(shape, batch), values, strict=True):
        assert row["time"].endswith(f".{value % 10**9:09d}Z")


def test_few_rows_are_written_as_many_are():
    """Row by row or by whole columns, the bytes are the same for each kind of value."""
    shape, batch = answer(
        ("time", Kind.TIME, [0, -1, None, 1_795_341_600_123_456_789, -(2**63)]),
        ("text", Kind.TEXT, ['é\x00"\\', "", None, "\x7f", "plain"]),
        ("int", Kind.INT, [-(2**63), 2**63 - 1, None, 0, 7]),
        ("uint", Kind.UINT, [2**64 - 1, 0, None, 1, 2]),
        ("float", Kind.FLOAT, [1e16, 0.1, None, float("nan"), 5.0]),
        ("bool", Kind.BOOL, [True, False, None, True, False]),
        ("json", Kind.JSON, ["[1,NaN]", "{}", None, "[]", '{"a":1}']),
        ("nothing", Kind.TEXT, [None] * 5),
    )
    few = written(JsonlWriter(), shape, batch)
    many = pa.Table.from_batches([batch] * 200).combine_chunks().to_batches()[0]
    assert written(JsonlWriter(), shape, many) == few * 200


def test_rows_that_lack_nothing_are_written_as_those_that_do():
    """Few or many, where every value is there: the braces and commas are the same."""
    columns = [
        ("time", Kind.TIME, [0, -1, 1_795_341_600_123_456_789]),
        ("text", Kind.TEXT, ['é\x00"\\', "{,", "plain"]),
        ("int", Kind.INT, [-(2**63), 2**63 - 1, 7]),
        ("float", Kind.FLOAT, [1e16, 0.1, 5.0]),
    ]
    shape, batch = answer(*columns)
    few = written(JsonlWriter(), shape, batch)
    wider, with_nothing = answer(*columns, ("nothing", Kind.TEXT, [None] * 3))
    assert written(JsonlWriter(), wider, with_nothing) == few
    for each, rows in ((shape, batch), (wider, with_nothing)):
        many = pa.Table.from_batches([rows] * 300).combine_chunks().to_batches()[0]
        assert written(JsonlWriter(), each, many) == few * 300


@given(
    st.lists(
        st.one_of(st.floats(), st.floats(-1e11, 1e11), st.integers(-(10**11), 10**11).map(float), st.none()), max_size=8
    )
)
def test_few_doubles_are_written_as_many_are(values):
    """Each by itself, for what stands beside it decides how it is written."""
    for value in values:
        shape, batch = answer(("x", Kind.FLOAT, [value]))
        many = pa.Table.from_batches([batch] * 600).combine_chunks().to_batches()[0]
        assert written(JsonlWriter(), shape, many) == written(JsonlWriter(), shape, batch) * 600


@given(st.lists(st.text(",\n[]{}\"'\\n"), max_size=8))
def test_rows_end_where_they_end(values):
    """Whatever stands in texts looks like an end of line, or like what stands between rows."""
    shape, batch = answer(
        ("x", Kind.TEXT, values), ("y", Kind.JSON, [f'["{place}",{{}}]' for place in range(len(values))])
    )
    assert [line["x"] for line in lines(shape, batch)] == values
    assert written(JsonlWriter(), shape, batch).count(b"\n") == len(values)
