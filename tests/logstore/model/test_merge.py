"""Tests of the algebra of batches."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.merge import (
    batch_from_arrays,
    batch_from_columns,
    concat_batches,
    empty_batch,
    fields_to_fold,
    fold_rare_columns,
    sort_batch,
    take,
)
from logstore.model.more_column import Sparse, scatter
from logstore.model.schema import ARROW_TYPES, DICTIONARY_TYPE, FIXED_COLUMNS, SEQ, TIME, Column, Kind
from tests.logstore.model.batches import make_batch, read_batch, row, with_dictionaries
from tests.logstore.model.values import VALUES_OF_ANY_KIND

FIELDS = st.dictionaries(st.sampled_from(["a", "A", "a.b", "", "file_row_number", "x~2", "é"]), VALUES_OF_ANY_KIND)


@st.composite
def rows_of_fields(draw, max_size: int = 12):
    """Rows with ascending `_seq`, any times, and a few fields of mixed kinds."""
    fields = draw(st.lists(FIELDS, max_size=max_size))
    times = draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=len(fields), max_size=len(fields)))
    return [row(seq, time) | found for seq, (time, found) in enumerate(zip(times, fields, strict=True), 5)]


def in_pieces(rows, marks):
    """The rows cut after each of the places `marks`."""
    edges = [0, *sorted(min(mark, len(rows)) for mark in marks), len(rows)]
    return [rows[start:end] for start, end in pairwise(edges)]


def _some_dictionaries(batch, random):
    """The batch, some of its columns of texts as dictionaries."""
    return with_dictionaries(batch, [name for name in batch.table.column_names if random.random() < 0.5])


def test_an_empty_batch_has_the_fixed_columns():
    """No events, all fixed columns, the spans of nothing."""
    batch = empty_batch()
    assert batch.rows == 0
    assert batch.columns == FIXED_COLUMNS
    assert read_batch(batch) == []
    assert read_batch(concat_batches([])) == []


@given(rows_of_fields(), st.lists(st.integers(0, 12), max_size=4))
def test_joining_pieces_gives_the_whole(rows, marks):
    """Cut anywhere, the pieces join to the very same table."""
    whole = make_batch(rows)
    joined = concat_batches([make_batch(piece) for piece in in_pieces(rows, marks)])
    assert joined.table.equals(whole.table) or read_batch(joined) == read_batch(whole)
    assert joined.columns == whole.columns


@given(rows_of_fields(), st.lists(st.integers(0, 12), max_size=4), st.integers(5, 9), st.randoms())
def test_joining_keeps_every_value_whatever_is_folded(rows, marks, max_columns, random):
    """With fields in `_more` here and in columns there, in any order of pieces, every row comes back by `_seq`."""
    pieces = [_some_dictionaries(make_batch(piece, max_columns), random) for piece in in_pieces(rows, marks)]
    random.shuffle(pieces)
    assert read_batch(concat_batches(pieces)) == read_batch(make_batch(rows))


@given(rows_of_fields(), st.integers(5, 9), st.sampled_from([0.0, 0.2, 0.5, 1.1]), st.randoms())
def test_folding_keeps_every_value(rows, max_columns, min_share, random):
    """Folding moves values, and changes none; doing it twice changes nothing."""
    batch = _some_dictionaries(make_batch(rows), random)
    folded = fold_rare_columns(batch, max_columns, min_share, min_rows_for_share=0)
    assert read_batch(folded) == read_batch(make_batch(rows))
    assert len(folded.columns) <= max_columns
    again = fold_rare_columns(folded, max_columns, min_share, min_rows_for_share=0)
    assert again.columns == folded.columns
    assert read_batch(again) == read_batch(folded)


def test_the_commonest_fields_keep_their_columns():
    """Fields in most rows stay, ties go by name, and a field moves with all its kinds."""
    counts = {
        ("b", Kind.INT): 3,
        ("a", Kind.INT): 3,
        ("mixed", Kind.INT): 2,
        ("mixed", Kind.TEXT): 2,
        ("c", Kind.INT): 1,
    }
    assert fields_to_fold(counts, 9, 5 + 5, 0.0) == frozenset()
    assert fields_to_fold(counts, 9, 5 + 4, 0.0) == {"c"}
    assert fields_to_fold(counts, 9, 5 + 3, 0.0) == {"b", "c"}
    assert fields_to_fold(counts, 9, 5 + 1, 0.0) == {"a", "b", "c", "mixed"}
    assert fields_to_fold(counts, 9, 500, 0.3) == {"c"}
    assert fields_to_fold({("message", Kind.TEXT): 1, ("level", str): 1, ("c", Kind.INT): 1}, 9, 5, 0.5) == {"c"}


def test_rare_fields_fold_in_large_batches_only():
    """A field in one of 5,000 rows goes to `_more`; in a small batch that share says nothing."""
    common = {"a": (Kind.INT, 1)}
    rows = [row(seq) | common | ({"once": (Kind.INT, 7)} if seq == 3 else {}) for seq in range(5000)]
    large = fold_rare_columns(make_batch(rows))
    assert [column.field for column in large.columns[5:]] == ["a"]
    assert large.table.column("_more")[3].as_py() == [("once", "7")]
    small = fold_rare_columns(make_batch(rows[:1500]))
    assert [column.field for column in small.columns[5:]] == ["a", "once"]


def test_columns_without_values_go_away():
    """After a choice of rows, folding drops the columns that nothing is left of, and renames by what is left."""
    batch = make_batch(
        [row(1, x=(Kind.INT, 1)), row(2, x=(Kind.INT, 1)), row(3, x=(Kind.TEXT, "a"), y=(Kind.BOOL, True))]
    )
    assert Column("x#text", "x", Kind.TEXT) in batch.columns
    left = fold_rare_columns(take(batch, pa.array([2])))
    assert left.columns[5:] == (Column("x", "x", Kind.TEXT), Column("y", "y", Kind.BOOL))
    assert read_batch(left) == read_batch(batch)[2:]


@given(rows_of_fields(), st.integers(5, 9), st.data())
def test_taking_chooses_rows(rows, max_columns, data):
    """Rows are chosen whole, and the spans follow."""
    batch = _some_dictionaries(make_batch(rows, max_columns), data.draw(st.randoms()))
    expected = read_batch(batch)
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), unique=True)) if rows else []
    taken = take(batch, pa.array(chosen, pa.int64()))
    assert read_batch(taken) == [expected[place] for place in chosen]


@given(rows_of_fields())
@settings(max_examples=30)
def test_sorting_takes_columns_and_arrays_as_keys(rows):
    """A made-up key sorts first, columns break its ties."""
    batch = make_batch(rows)
    halves = pc.bit_wise_and(batch.table.column("_seq"), 1)
    sorted_rows = read_batch(sort_batch(batch, [halves, "time", "_seq"]))
    expected = sorted(read_batch(batch), key=lambda r: (r["_seq"][1][1] & 1, r["time"][1][1], r["_seq"][1][1]))
    assert sorted_rows == expected


def both_ways(num_rows, columns, max_columns):
    """The batch of the same columns, given sparse and given full."""
    arrays = {(column.field, column.kind): scatter(column, num_rows) for column in columns}
    return batch_from_columns(num_rows, columns, max_columns), batch_from_arrays(num_rows, arrays, max_columns)


@given(rows_of_fields(), st.integers(5, 12))
def test_full_columns_make_the_same_batch_as_sparse_ones(rows, max_columns):
    """The same fields are columns, the same ones stand in `_more`."""
    batch = make_batch(rows)
    columns = []
    for column in batch.columns:
        array = batch.table.column(column.name).combine_chunks()
        present = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
        columns.append(Sparse(column.field, column.kind, present, array.drop_null()))
    sparse, full = both_ways(len(rows), columns, max_columns)
    assert full.columns == sparse.columns
    assert read_batch(full) == read_batch(sparse)


def test_nearly_empty_full_columns_are_folded_as_sparse_ones_are():
    """The rule is one, whoever made the columns."""
    num_rows = 10_000
    own = [
        Sparse(name, kind, np.arange(num_rows), pa.nulls(num_rows, pa.int64()).fill_null(1).cast(ARROW_TYPES[kind]))
        for name, kind in (("time", Kind.TIME), (SEQ, Kind.INT), ("tag", Kind.TEXT))
    ]
    rare = [Sparse(f"id {place}", Kind.INT, np.array([place]), pa.array([1], pa.int64())) for place in range(200)]
    sparse, full = both_ways(num_rows, own + rare, 500)
    assert full.columns == sparse.columns == FIXED_COLUMNS
    assert full.has_more


@pytest.mark.parametrize("count", [1, 2])
def test_joining_puts_rows_in_the_order_of_seq(count):
    """Batches that come sorted otherwise, as from parts, are put in order."""
    batches = [sort_batch(make_batch([row(1, 9), row(3, 5)]), ["time"]), make_batch([row(2, 7)])][:count]
    seqs = concat_batches(batches).table.column("_seq").to_pylist()
    assert seqs == sorted(seqs)


def test_texts_that_repeat_are_not_spelled_out_without_end(monkeypatch):
    """Joined with texts that do not, a dictionary stays one where the column would become too large without it."""
    long = [row(n, x=(Kind.TEXT, "x" * 1000)) for n in range(1, 101)]
    other = [row(n, x=(Kind.TEXT, str(n))) for n in range(101, 111)]
    nothing = [row(111)]
    pieces = [with_dictionaries(make_batch(long), ["x"]), make_batch(other), make_batch(nothing)]
    plain = concat_batches(pieces)
    assert plain.table.schema.field("x").type == pa.string()
    monkeypatch.setattr("logstore.model.merge.MAX_SPELLED_OUT_BYTES", 50_000)
    coded = concat_batches(pieces)
    assert coded.table.schema.field("x").type == DICTIONARY_TYPE
    assert coded.nbytes < 50_000
    assert read_batch(coded) == read_batch(plain) == read_batch(make_batch([*long, *other, *nothing]))


def test_joining_keeps_dictionaries_where_all_have_them():
    """A column is a dictionary after joining if it was one in all batches that have it; else it is plain."""
    one = make_batch([row(1, x=(Kind.TEXT, "a"), y=(Kind.TEXT, "a"))])
    two = make_batch([row(2, x=(Kind.TEXT, "b"), y=(Kind.TEXT, "b"))])
    three = make_batch([row(3)])
    joined = concat_batches([with_dictionaries(one, ["x", "y"]), with_dictionaries(two, ["x"]), three])
    assert joined.table.schema.field("x").type == DICTIONARY_TYPE
    assert joined.table.schema.field("y").type == pa.string()
    assert read_batch(joined) == read_batch(concat_batches([one, two, three]))


def test_many_fields_of_few_rows_each_are_not_spread_over_all_rows():
    """Of 400 fields each row has one: columns would take 400 times the room of the values."""
    rows = 40_000
    mine = [
        Sparse(f"k{number}", Kind.INT, np.arange(number, rows, 400), pa.array([number] * (rows // 400), pa.int64()))
        for number in range(400)
    ]
    everywhere = [
        Sparse(TIME, Kind.TIME, np.arange(rows), pa.array(range(rows), pa.int64()).cast(ARROW_TYPES[Kind.TIME])),
        Sparse(SEQ, Kind.INT, np.arange(rows), pa.array(range(rows), pa.int64())),
        Sparse("common", Kind.INT, np.arange(0, rows, 20), pa.array([7] * (rows // 20), pa.int64())),
    ]
    batch = batch_from_columns(rows, [*everywhere, *mine])
    assert batch.nbytes < 10_000_000
    assert [column.field for column in batch.columns[5:]] == ["common"]
    assert batch.table.column("_more").slice(399, 1).to_pylist() == [[("k399", "399")]]


def test_joining_does_not_spread_rare_fields_over_all_rows():
    """Each batch has its own fields in every row; together they would be two hundred nearly empty columns."""
    batches = [
        make_batch([row(seq * 200 + number, **{f"k{number}": (Kind.INT, 1)}) for seq in range(50)])
        for number in range(200)
    ]
    joined = concat_batches(batches)
    assert joined.rows == 10_000
    assert joined.nbytes < 1_000_000
    assert [column.field for column in joined.columns] == [column.field for column in FIXED_COLUMNS]
    assert joined.table.column("_more").slice(7, 1).to_pylist() == [[("k7", "1")]]
