"""Tests of the Arrow column `_more`."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.model.more_column import MoreEntries, Sparse, build_more, columns_from, entries_of, read_more, scatter
from logstore.model.schema import MORE_TYPE, Kind


def entries(rows):
    """Entries of (row, field, text) triples."""
    return MoreEntries(
        np.array([row for row, _, _ in rows], np.int64),
        pa.array([field for _, field, _ in rows], pa.string()),
        pa.array([text for _, _, text in rows], pa.string()),
    )


def triples(found):
    """(row, field, text) triples of entries."""
    return list(zip(found.rows.tolist(), found.fields.to_pylist(), found.texts.to_pylist(), strict=True))


PLACES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.sampled_from(["1", '"x"'])), max_size=20)


@given(PLACES, st.integers(0, 20), st.lists(st.integers(0, 9)))
def test_entries_come_back(rows, cut, chosen):
    """In any two pieces, sliced, filtered or taken, the column says what was put in."""
    unique = list({(row, field): (row, field, text) for row, field, text in rows}.values())
    column = build_more(10, [entries(unique[:cut]), entries(unique[cut:])])
    assert column.type == MORE_TYPE
    assert triples(read_more(column)) == sorted(unique)
    assert triples(read_more(column.slice(3, 4))) == [(r - 3, f, t) for r, f, t in sorted(unique) if 3 <= r < 7]
    taken = read_more(pa.chunked_array([column]).take(pa.array(chosen, pa.int64())))
    assert triples(taken) == [(i, f, t) for i, row in enumerate(chosen) for r, f, t in sorted(unique) if r == row]


def test_rows_without_entries_are_null():
    """So that an engine's `m['k']` is null there."""
    assert build_more(3, [entries([(1, "a", "1")])]).to_pylist() == [None, [("a", "1")], None]
    assert build_more(2, []).to_pylist() == [None, None]


def test_null_rows_may_cover_entries():
    """Arrow allows it; such entries do not exist."""
    mask = pa.array([False, True])
    column = pa.MapArray.from_arrays(pa.array([0, 1, 2], pa.int32()), ["a", "b"], ["1", "2"], mask=mask)
    assert triples(read_more(column)) == [(0, "a", "1")]


def test_columns_to_entries_and_back():
    """A column survives the way through `_more`, kinds told apart."""
    column = Sparse("f", Kind.UINT, np.array([2, 5]), pa.array([2**63, 2**64 - 1], pa.uint64()))
    text = Sparse("f", Kind.TEXT, np.array([3]), pa.array(["1"]))
    found = columns_from(read_more(build_more(6, [entries_of(column), entries_of(text)])))
    assert [(one.field, one.kind, one.rows.tolist(), one.values.to_pylist()) for one in found] == [
        ("f", Kind.UINT, [2, 5], [2**63, 2**64 - 1]),
        ("f", Kind.TEXT, [3], ["1"]),
    ]


@pytest.mark.parametrize("rows", [[], [0], [2], [0, 1, 2]])
def test_scattering(rows):
    """Values go to their rows, all others are null."""
    column = Sparse("f", Kind.INT, np.array(rows, np.int64), pa.array([row * 10 for row in rows], pa.int64()))
    assert scatter(column, 3).to_pylist() == [row * 10 if row in rows else None for row in range(3)]
