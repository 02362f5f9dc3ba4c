"""Tests of logstore.app.formats.jsonl and the modules that it is made of."""

import json
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.app.formats.jsonl import JsonlWriter, compiled
from logstore.app.formats.rows import Shape
from logstore.model.schema import Column, Kind
from tests.logstore.app.formats.answers import answer, events, written


def lines(shape, *batches):
    """The objects that the lines hold."""
    return [json.loads(line) for line in text_of(shape, *batches).split(b"\n")[:-1]]


def text_of(shape, *batches):
    """The lines, which are the same with the kernel and without it."""
    assert compiled() is not None
    found = written(JsonlWriter(), shape, *batches)
    assert found == written(JsonlWriter(is_compiled=False), shape, *batches)
    return found


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
    assert text_of(shape, batch) == b'{}\n{"a":1}\n'
    shape, batch = answer(("a", Kind.INT, [None]), more=[[("k", "1")]])
    assert text_of(shape, batch) == b'{"k":1}\n'


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


def test_each_kind_of_value_is_written_in_one_way():
    """With the kernel or by whole columns, few or many, the bytes are the same."""
    columns = [
        ("time", Kind.TIME, [0, -1, None, 1_795_341_600_123_456_789, -(2**63)]),
        ("text", Kind.TEXT, ['é\x00"\\', "", None, "\x7f", "plain"]),
        ("int", Kind.INT, [-(2**63), 2**63 - 1, None, 0, 7]),
        ("uint", Kind.UINT, [2**64 - 1, 0, None, 1, 2]),
        ("float", Kind.FLOAT, [1e16, 0.1, None, float("nan"), 5.0]),
        ("plain", Kind.FLOAT, [-0.0, 0.30000000000000004, None, 9_999_999_999.99999, -1234.5]),
        ("bool", Kind.BOOL, [True, False, None, True, False]),
        ("json", Kind.JSON, ["[1,NaN]", "{}", None, "[]", '{"a":1}']),
        ("nothing", Kind.TEXT, [None] * 5),
    ]
    shape, batch = answer(*columns)
    few = text_of(shape, batch)
    assert b'"float":1e+16,"plain":-0.0,' in few
    assert b'"plain":0.30000000000000004,' in few
    assert text_of(shape, many_of(batch, 200)) == few * 200
    shape, batch = answer(*columns, more=[[("a", "1")], None, [], [("b", "NaN"), ("c", '"x"')], None])
    assert text_of(shape, many_of(batch, 200)) == text_of(shape, batch) * 200


def many_of(batch, times):
    """The rows of a batch so many times, as one batch."""
    return pa.concat_batches([batch] * times)


def test_rows_that_lack_nothing_are_written_as_those_that_do():
    """Few or many, where every value is there: the braces and commas are the same."""
    columns = [
        ("time", Kind.TIME, [0, -1, 1_795_341_600_123_456_789]),
        ("text", Kind.TEXT, ['é\x00"\\', "{,", "plain"]),
        ("int", Kind.INT, [-(2**63), 2**63 - 1, 7]),
        ("float", Kind.FLOAT, [1e16, 0.1, 5.0]),
    ]
    shape, batch = answer(*columns)
    few = text_of(shape, batch)
    wider, with_nothing = answer(*columns, ("nothing", Kind.TEXT, [None] * 3))
    assert text_of(wider, with_nothing) == few
    for each, rows in ((shape, batch), (wider, with_nothing)):
        assert text_of(each, many_of(rows, 300)) == few * 300


@given(
    st.lists(
        st.floats()
        | st.floats(-1e11, 1e11)
        | st.floats(0.9e-4, 1.1e-4)
        | st.integers(-(10**11), 10**11).map(float)
        | st.tuples(st.integers(-(10**15), 10**15), st.integers(0, 12)).map(lambda pair: pair[0] / 10 ** pair[1])
        | st.none(),
        max_size=8,
    )
)
def test_doubles_are_written_in_one_way(values):
    """Each by itself, for what stands beside it decides who writes it; the same as the standard library where plain."""
    for value in values:
        shape, batch = answer(("x", Kind.FLOAT, [value]))
        found = text_of(shape, batch)
        if value is not None and 1e-4 <= abs(value) < 1e10:
            assert found == f'{{"x":{value!r}}}\n'.encode()


VALUES = {
    Kind.TIME: st.integers(-(2**63), 2**63 - 1),
    Kind.TEXT: st.text(max_size=40) | st.text('"\\\n\x00\x1fa', max_size=40),
    Kind.INT: st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9),
    Kind.UINT: st.integers(0, 2**64 - 1),
    Kind.FLOAT: st.floats(-1e9, 1e9) | st.floats(),
    Kind.BOOL: st.booleans(),
    Kind.JSON: st.sampled_from(
        ["[]", '{"a":[1,"x"]}', "[NaN]", '"Infinity"', "[-Infinity,1]", "12345678901234567890123"]
    ),
}


@st.composite
def any_answers(draw):
    """Columns of any kinds, some without values, of a part of a longer batch."""
    rows = draw(st.integers(0, 20))
    columns = []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(list(VALUES)), max_size=6))):
        value = st.none() if draw(st.integers(0, 4)) == 0 else VALUES[kind]
        value = value | st.none() if draw(st.booleans()) else value
        columns.append((f"field {number % 4}", kind, draw(st.lists(value, min_size=rows, max_size=rows))))
    entry = st.tuples(st.text(max_size=3), st.sampled_from(["1", '"x"', "NaN"]))
    more = draw(st.none() | st.lists(st.none() | st.lists(entry, max_size=3), min_size=rows, max_size=rows))
    shape, batch = answer(*columns, more=more)
    start, end = sorted((draw(st.integers(0, rows)), draw(st.integers(0, rows))))
    return shape, batch.slice(start, end - start)


@given(any_answers())
def test_any_rows_are_written_in_one_way(found):
    """Whatever columns there are, and wherever in a longer batch the rows are."""
    shape, batch = found
    assert text_of(shape, batch).count(b"\n") == batch.num_rows
    times = 600 // max(batch.num_rows, 1)
    assert text_of(shape, many_of(batch, times)) == text_of(shape, batch) * times


def test_columns_of_other_types_than_their_kind_has_are_written_all_the_same():
    """Smaller integers, large texts and dictionaries, as a library's answers may have them."""
    arrays = [
        pa.array([1, None], pa.int32()),
        pa.array(["a", None], pa.large_string()),
        pa.array(["b", None], pa.string()).dictionary_encode(),
        pa.array([5, None], pa.timestamp("ns")),
        pa.array([1.5, None], pa.float32()),
        pa.nulls(2),
    ]
    kinds = [Kind.INT, Kind.TEXT, Kind.TEXT, Kind.TIME, Kind.FLOAT, Kind.TEXT]
    columns = tuple(Column(f"c{place}", f"f{place}", kind) for place, kind in enumerate(kinds))
    batch = pa.record_batch(arrays, names=[column.name for column in columns])
    first = b'{"f0":1,"f1":"a","f2":"b","f3":"1970-01-01T00:00:00.000000005Z","f4":1.5}'
    assert text_of(Shape(columns), batch) == first + b"\n{}\n"


def test_what_is_rendered_must_be_a_text_for_each_row():
    """Anything else would be read as what it is not."""
    kernel = compiled()
    assert kernel is not None
    batch = pa.record_batch([pa.array([1, 2])], names=["a"])
    for wrong, error in ((pa.array([1, 2]), TypeError), (pa.array(["1"]), ValueError)):
        with pytest.raises(error, match="what is rendered must"):
            kernel.lines(batch, [b',"a":'], b"?", lambda _, wrong=wrong: wrong)
    with pytest.raises(ValueError, match="fewer columns than forms"):
        kernel.lines(batch, [b',"a":', b',"b":'], b"ii", None)
    with pytest.raises(TypeError):
        kernel.lines(batch, [',"a":'], b"i", None)


@given(st.lists(st.text(",\n[]{}\"'\\n"), max_size=8))
def test_rows_end_where_they_end(values):
    """Whatever stands in texts looks like an end of line, or like what stands between rows."""
    shape, batch = answer(
        ("x", Kind.TEXT, values), ("y", Kind.JSON, [f'["{place}",{{}}]' for place in range(len(values))])
    )
    assert [line["x"] for line in lines(shape, batch)] == values
    assert text_of(shape, batch).count(b"\n") == len(values)
