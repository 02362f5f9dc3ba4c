"""The Parquet bytes of a part."""

from __future__ import annotations

from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.chunk import Entry
from logstore.model.schema import DICTIONARY_TYPE
from logstore.storage.part.dictionaries import compact, occurring
from logstore.storage.part.encode import encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.order import order_for_part, row_groups
from logstore.storage.part.pick import is_scattered, pick, prepared, rows_of
from logstore.storage.part.shape import PartShape
from tests.logstore.model.batches import make_batch, row
from tests.logstore.storage.lines import START_NS, LineDecoder, chunk, lines

SHAPE = PartShape(row_group_rows=16, sort_bucket_rows=32, compression_level=1, max_listed_tags=3)
WIDE = PartShape(row_group_rows=1000, sort_bucket_rows=10_000, compression_level=1, max_listed_tags=3)


def a_batch(rows: int = 100, tags: int = 3):
    """Events of some tags, in an order of time that is not that of `_seq`."""
    payloads = [lines([place], START_NS + place * 37 % rows, f"tag-{place % tags}") for place in range(rows)]
    return LineDecoder().decode([Entry(place + 1, chunk(one)) for place, one in enumerate(payloads)]).batch


def test_footer_tells_the_part():
    """The footer alone gives spans, columns, tags and row groups, true to the rows."""
    batch = a_batch()
    content = encode_part(batch, 7, "default", SHAPE)
    part = read_part(content, "p", content.size)
    assert (part.rows, part.bytes, part.generation, part.tenant) == (100, content.size, 7, "default")
    assert (part.time_min_ns, part.time_max_ns) == (START_NS, START_NS + 99)
    assert (part.seq_min, part.seq_max, part.has_more) == (1, 100, False)
    assert part.tags == ("tag-0", "tag-1", "tag-2")
    assert [column.name for column in part.columns] == pq.read_schema(pa.BufferReader(content)).names
    times = pq.read_table(pa.BufferReader(content)).column("time").cast(pa.int64()).to_numpy()
    for group in part.row_groups:
        span = times[group.first_row : group.first_row + group.rows]
        assert (group.time_min_ns, group.time_max_ns) == (span.min(), span.max())
    assert [group.first_row for group in part.row_groups] == [0, 11, 22, 33, 44, 55, 66, 77, 88]


def test_order_of_rows():
    """Rows are sorted by bucket of time, tag, time and `_seq`; buckets do not overlap in time."""
    table = pq.read_table(pa.BufferReader(encode_part(a_batch(), 1, "default", SHAPE)))
    times = table.column("time").cast(pa.int64()).to_numpy()
    keys = list(zip(table.column("tag").to_pylist(), times.tolist(), table.column("_seq").to_pylist(), strict=True))
    starts = [0, *(place for place in range(1, 100) if keys[place] < keys[place - 1]), 100]
    assert len(starts) == 4
    buckets = [times[start:end] for start, end in pairwise(starts)]
    assert all(before.max() <= after.min() for before, after in pairwise(buckets))
    assert np.array_equal(np.sort(times), np.sort(a_batch().table.column("time").cast(pa.int64()).to_numpy()))


def test_many_tags_are_not_listed():
    """Beyond the limit there is no list of tags."""
    content = encode_part(a_batch(tags=4), 1, "default", SHAPE)
    assert read_part(content, "p", content.size).tags is None


def test_duckdb_reads_it(tmp_path):
    """DuckDB reads nanosecond times and both kinds of a field."""
    (tmp_path / "p.parquet").write_bytes(encode_part(a_batch(), 1, "default", SHAPE))
    query = (
        "SELECT count(*), min(epoch_ns(time)), max(_seq), count(message), typeof(any_value(time)) FROM read_parquet(?)"
    )
    row = duckdb.connect().execute(query, [str(tmp_path / "p.parquet")]).fetchone()
    assert row == (100, START_NS, 100, 100, "TIMESTAMPTZ_NS")


@pytest.mark.parametrize("label", [b"{", b"[]", b'{"version": 2}', b'{"version": 1}', b""])
def test_foreign_files_are_refused(label):
    """A Parquet file without our metadata, or with that of another version, is no part."""
    table = pa.table({"time": [1]}).replace_schema_metadata({b"logstore": label})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    with pytest.raises(CorruptionError):
        read_part(sink.getvalue(), "p", 1)
    with pytest.raises(CorruptionError):
        read_part(pa.py_buffer(b"no parquet"), "p", 1)


def test_columns_that_repeat_have_dictionaries():
    """Texts that repeat are written with a dictionary of their row group's values alone, ever new ones without."""
    metadata = pq.read_metadata(pa.BufferReader(encode_part(a_batch(5000, tags=40), 1, "default", WIDE)))
    columns = {metadata.schema.column(place).path: place for place in range(metadata.num_columns)}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        assert group.column(columns["tag"]).has_dictionary_page
        assert not group.column(columns["message"]).has_dictionary_page


def runs_of_rows(count: int):
    """Orders of rows: of runs of any length, each row any number of times."""
    run = st.builds(
        lambda first, length: range(first, min(first + length, count)), st.integers(0, count - 1), st.integers(1, 300)
    )
    return st.lists(run, min_size=1, max_size=5).map(lambda runs: [row for run in runs for row in run])


@given(
    st.lists(st.sampled_from([None, *(f"value {number}" for number in range(40))]), min_size=1, max_size=200), st.data()
)
def test_picking_rows(values, data):
    """Picked values are those at the rows, of a dictionary too, and the dictionary then has no others."""
    order = np.array(data.draw(runs_of_rows(len(values))), np.int64)
    rows, plain = rows_of(order), pa.array(values, pa.string())
    expected = [values[row] for row in order]
    assert pick(plain, rows, 16).to_pylist() == expected
    picked = pick(plain.dictionary_encode(), rows, 16)
    picked.validate(full=True)
    assert picked.to_pylist() == expected
    distinct = len(set(values) - {None})
    assert len(picked.dictionary) == (distinct if distinct <= 16 else len(set(expected) - {None}))


def test_rows_that_follow_each_other_are_runs():
    """Rows in long runs are picked run by run, scattered ones one by one."""
    assert rows_of(np.r_[100:200, 0:100]) == [(100, 100), (0, 100)]
    assert isinstance(rows_of(np.arange(200)[::-1]), pa.Array)


@given(
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.sampled_from(["a", "b", "c"])), min_size=1, max_size=40),
    st.integers(1, 50),
)
def test_the_order_of_any_rows(events, bucket_rows):
    """Each row stands once, and within a bucket rows rise by tag, time and `_seq`, whatever their times."""
    batch = make_batch([row(seq, time, tag) for seq, (time, tag) in enumerate(events)])
    order = order_for_part(batch, bucket_rows).rows.tolist()
    assert sorted(order) == list(range(len(events)))
    keys = [(events[place][1], events[place][0], place) for place in order]
    starts = [0, *(place for place in range(1, len(keys)) if keys[place] < keys[place - 1]), len(keys)]
    buckets = [[key[1] for key in keys[start:end]] for start, end in pairwise(starts)]
    assert len(buckets) <= max(1, round(len(events) / bucket_rows))
    assert all(max(before) <= min(after) for before, after in pairwise(buckets))


@pytest.mark.parametrize("tags", [2, 600])
def test_groups_out_of_order_are_sorted_apart(tags):
    """Where times fall within a few tags these alone are sorted, where they do within many all of them; alike."""
    rng = np.random.default_rng(5)
    times = np.where(np.arange(6000) % 7 == 0, rng.integers(0, 9000, 6000), np.arange(6000)).tolist()
    events = [(times[place], f"{rng.integers(0, tags):03}") for place in range(6000)]
    batch = make_batch([row(seq, time, tag) for seq, (time, tag) in enumerate(events)])
    order = order_for_part(batch, 10_000).rows.tolist()
    assert order == sorted(range(6000), key=lambda place: (events[place][1], events[place][0], place))


@given(st.lists(st.integers(1, 100), min_size=1, max_size=12), st.integers(1, 60))
def test_row_groups_keep_to_buckets(buckets, most_rows):
    """Row groups hold all rows, none has too many, and none has only a part of one bucket beside rows of another."""
    groups = row_groups(buckets, most_rows)
    assert [first for first, _ in groups] == [0, *np.cumsum([count for _, count in groups]).tolist()[:-1]]
    assert sum(count for _, count in groups) == sum(buckets)
    assert all(0 < count <= most_rows for _, count in groups)
    ends = set(np.cumsum([0, *buckets]).tolist())
    for first, count in groups:
        within = [end for end in ends if first < end < first + count]
        assert not within or {first, first + count} <= ends


@given(
    st.lists(st.lists(st.sampled_from([None, "a", "b", "c", "d", "e"]), max_size=60), min_size=1, max_size=5),
    st.sampled_from([pa.string(), DICTIONARY_TYPE]),
    st.booleans(),
    st.data(),
)
def test_picking_from_pieces(pieces, kind, scattered, data):
    """Rows are picked alike from columns of several pieces, each with a dictionary of its own."""
    values = [value for piece in pieces for value in piece]
    assume(values)
    order = np.array(data.draw(runs_of_rows(len(values))), np.int64)
    column = pa.chunked_array([pa.array(piece, kind) for piece in pieces], kind)
    picked = pick(prepared(column, scattered=scattered), rows_of(order), 3)
    picked.validate(full=True)
    assert picked.to_pylist() == [values[row] for row in order]


def test_scattered_rows_are_picked_from_one_piece():
    """Where rows are picked one by one, a column is put into one piece once; else its pieces stay as they are."""
    column = pa.chunked_array([["a", "b"], ["c"]])
    assert prepared(column, scattered=True).to_pylist() == ["a", "b", "c"]
    assert prepared(column, scattered=False) is column
    assert is_scattered(np.arange(200)[::-1])
    assert not is_scattered(np.r_[100:200, 0:100])


@given(st.lists(st.none() | st.integers(0, 30), max_size=40), st.integers(0, 20))
def test_what_occurs_of_a_dictionary_is_what_is_left(indices, small):
    """A dictionary that is not small is left with the values that have an index; the texts stay the same."""
    values = pa.array([f"v{number}" for number in range(31)])
    places = pa.array(indices, pa.int32())
    assert np.flatnonzero(occurring(places, 31)).tolist() == sorted({one for one in indices if one is not None})
    made = compact(places, values, small)
    assert made.to_pylist() == pa.DictionaryArray.from_arrays(places, values).to_pylist()
    assert len(made.dictionary) == len({one for one in indices if one is not None})
