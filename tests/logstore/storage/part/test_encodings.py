"""How columns of parts are written, and that it changes no value."""

from __future__ import annotations

import itertools
import random
import uuid

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.schema import DICTIONARY_TYPE, SEQ, Kind
from logstore.storage.part.encode import encode_part
from logstore.storage.part.encodings import Codec, Encoding, choose
from logstore.storage.part.sample import SAMPLE_ROWS, sample
from logstore.storage.part.shape import LIGHT, PartShape
from tests.logstore.model.batches import make_batch, plain_times, row, with_dictionaries

ROWS = 3000
RNG = random.Random(7)
IDS = [uuid.UUID(int=RNG.getrandbits(128)).hex for _ in range(ROWS)]
SENTENCES = [f"request {number} took {RNG.randrange(900)} ms, and was answered" for number in range(ROWS)]
NOISE = ["".join(chr(RNG.randrange(0x4E00, 0x9FFF)) for _ in range(RNG.randrange(3, 9))) for _ in range(ROWS)]


def shape_of(level: int) -> PartShape:
    """Row groups of a thousand rows."""
    return PartShape(row_group_rows=1000, sort_bucket_rows=1000, compression_level=level, max_listed_tags=9)


def column(values, kind=None):
    """A column in three pieces."""
    third = len(values) // 3
    pieces = [values[:third], values[third : 2 * third], values[2 * third :]]
    return pa.chunked_array([pa.array(piece, kind) for piece in pieces])


@pytest.mark.parametrize(
    ("name", "values", "encoding", "light"),
    [
        ("time", column(list(range(ROWS))), Encoding.DELTA, Codec.NONE),
        ("_seq", column([1] * ROWS), Encoding.DELTA, Codec.NONE),
        ("trace_id", column(IDS), Encoding.LENGTHS, Codec.ZSTD),
        ("message", column(SENTENCES), Encoding.PLAIN, Codec.SNAPPY),
        ("noise", column(NOISE), Encoding.PLAIN, Codec.NONE),
        ("bytes", column(list(range(ROWS))), Encoding.DELTA, Codec.NONE),
        ("large", column(list(range(2**63, 2**63 + ROWS)), pa.uint64()), Encoding.DELTA, Codec.NONE),
        ("duration", column([number / 7 for number in range(ROWS)]), Encoding.PLAIN, Codec.NONE),
        ("status", column([200, 404, 500] * 1000), Encoding.DICTIONARY, Codec.NONE),
        ("host", column(["a", "b", None] * 1000), Encoding.DICTIONARY, Codec.NONE),
        ("host", column(["a", "b", None] * 1000, DICTIONARY_TYPE), Encoding.DICTIONARY, Codec.NONE),
        ("path", column(IDS, DICTIONARY_TYPE), Encoding.DICTIONARY, Codec.SNAPPY),
        ("nothing", column([None] * ROWS, pa.string()), Encoding.DICTIONARY, Codec.NONE),
    ],
)
def test_a_column_is_written_as_its_values_are_best(name, values, encoding, light):
    """The values decide; a light part compresses only what becomes much smaller, others all but integers."""
    way = choose(name, values, shape_of(LIGHT))
    assert (way.encoding, way.codec) == (encoding, light)
    way = choose(name, values, shape_of(6))
    is_packed = encoding is Encoding.DELTA and name != "_seq"
    kept = (Codec.NONE, None) if is_packed else (Codec.ZSTD, 6)
    assert (way.encoding, way.codec, way.level) == (encoding, *kept)


@given(st.lists(st.integers(0, 3000), max_size=5), st.integers(0, 20))
def test_a_sample_does_not_depend_on_the_pieces(sizes, spare):
    """Values at equal distances over all pieces of a column, of a short one all of them."""
    numbers = list(range(sum(sizes) + spare))
    ends = np.cumsum([0, *sizes, spare]).tolist()
    pieces = [pa.array(numbers[start:end], pa.int64()) for start, end in itertools.pairwise(ends)]
    found = sample(pa.chunked_array(pieces, pa.int64())).to_pylist()
    step = max(1, len(numbers) // SAMPLE_ROWS)
    assert found == numbers[::step]
    assert sample(pa.array(numbers, pa.int64())).to_pylist() == found


VALUES = st.one_of(
    st.tuples(st.just(Kind.TEXT), st.sampled_from(["", "a", "b", "ü", *IDS[:60], *SENTENCES[:60]])),
    st.tuples(st.just(Kind.TEXT), st.text(max_size=8)),
    st.tuples(st.just(Kind.INT), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(Kind.UINT), st.integers(2**63, 2**64 - 1)),
    st.tuples(st.just(Kind.FLOAT), st.floats(allow_nan=False)),
    st.tuples(st.just(Kind.BOOL), st.booleans()),
    st.tuples(st.just(Kind.JSON), st.sampled_from(["[]", "{}", "[1]"])),
)
ROW = st.fixed_dictionaries(
    {"time": st.integers(-(2**62), 2**62), "tag": st.sampled_from(["a", "b", "c"])},
    optional=dict.fromkeys(["message", "x", "y", "z"], VALUES),
)
SHAPES = st.builds(
    PartShape,
    row_group_rows=st.integers(1, 40),
    sort_bucket_rows=st.integers(1, 60),
    compression_level=st.sampled_from([LIGHT, 1, 3]),
    max_listed_tags=st.integers(0, 4),
)


@settings(max_examples=60)
@given(st.lists(ROW, min_size=1, max_size=60), SHAPES, st.sets(st.sampled_from(["message", "tag", "x", "y"])))
def test_every_shape_gives_the_same_rows_back(events, shape, dictionaries):
    """Whatever the values and the shape, a part has the rows that were written, each once."""
    batch = make_batch([row(place, event.pop("time"), event.pop("tag"), **event) for place, event in enumerate(events)])
    content = encode_part(with_dictionaries(batch, dictionaries), 1, "default", shape)
    table = pq.read_table(pa.BufferReader(content)).sort_by(SEQ)
    expected = batch.table.select(table.column_names)
    assert set(batch.table.column_names) - set(table.column_names) <= {
        name for name in batch.table.column_names if batch.table.column(name).null_count == batch.rows
    }
    assert plain_times(table).to_pydict() == plain_times(expected).to_pydict()


@pytest.mark.parametrize("level", [LIGHT, 1])
def test_duckdb_reads_every_encoding(level, tmp_path):
    """The engine that answers queries reads each of the encodings as it was written."""
    texts = [(Kind.TEXT, value) for value in IDS]
    events = [
        row(
            place,
            place * 10**9,
            "t",
            message=(Kind.TEXT, SENTENCES[place]),
            id=texts[place],
            noise=(Kind.TEXT, NOISE[place]),
            count=(Kind.INT, place * place),
            took=(Kind.FLOAT, place / 7),
            host=(Kind.TEXT, f"host-{place % 5}"),
        )
        for place in range(ROWS)
    ]
    path = tmp_path / "p.parquet"
    path.write_bytes(encode_part(make_batch(events), 1, "default", shape_of(level)))
    found = duckdb.sql(
        f"SELECT epoch_ns(time), _seq, tag, message, id, noise, count, took, host FROM '{path}' ORDER BY _seq"
    ).fetchall()
    assert found == [
        (
            one["time"][1],
            one[SEQ][1],
            "t",
            *(one[name][1] for name in ("message", "id", "noise", "count", "took", "host")),
        )
        for one in events
    ]
    encodings = dict(
        duckdb.sql(
            f"SELECT path_in_schema, string_agg(DISTINCT encodings) FROM parquet_metadata('{path}') GROUP BY 1"
        ).fetchall()
    )
    assert "DELTA_LENGTH_BYTE_ARRAY" in encodings["id"]
    assert "DELTA_BINARY_PACKED" in encodings["count"]
    assert "RLE_DICTIONARY" in encodings["host"]
