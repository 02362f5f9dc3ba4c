"""Tests of logstore.app.formats.arrow and logstore.app.formats.parquet."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from logstore.app.facts import METADATA_KEY, Facts
from logstore.app.formats.arrow import ArrowWriter
from logstore.app.formats.parquet import ParquetWriter
from logstore.app.formats.rows import shape_of
from tests.logstore.app.formats.answers import events, written


def shown(rows):
    """Columns as text: NaN is not equal to itself, and Python has no times to the nanosecond."""
    times = {"c0": rows["c0"].cast(pa.int64())}
    return [str(times.get(name, rows[name]).to_pylist()) for name in rows.schema.names]


def test_an_arrow_stream_ends_with_the_facts_and_says_its_fields():
    """Readers get the rows, the shape from the schema, and the facts from the last batch."""
    shape, batch = events()
    stream = pa.ipc.open_stream(written(ArrowWriter(), shape, batch, batch.slice(1), facts=Facts(rows=3)))
    batches = [stream.read_next_batch_with_custom_metadata() for _ in range(3)]
    assert shape_of(stream.schema) == shape
    assert [rows.num_rows for rows, _ in batches] == [2, 1, 0]
    assert shown(batches[0][0]) == shown(batch)
    assert Facts.from_json(batches[2][1][METADATA_KEY]) == Facts(rows=3)


def test_an_arrow_stream_can_be_read_by_those_who_know_nothing_of_facts():
    """The closing batch has no rows, so a plain reader sees the rows alone."""
    shape, batch = events()
    assert pa.ipc.open_stream(written(ArrowWriter(), shape, batch, facts=Facts())).read_all().num_rows == 2


def test_a_parquet_file_holds_the_rows_and_says_its_fields():
    """One file, readable by anybody, with the fields in its schema."""
    shape, batch = events()
    table = pq.read_table(io.BytesIO(written(ParquetWriter(), shape, batch, batch)))
    assert shape_of(table.schema) == shape
    assert shown(table) == shown(pa.Table.from_batches([batch, batch]))


def test_an_empty_answer_is_a_valid_file():
    """No rows is still an answer in each format."""
    shape, _ = events()
    assert pq.read_table(io.BytesIO(written(ParquetWriter(), shape))).num_rows == 0
    assert pa.ipc.open_stream(written(ArrowWriter(), shape, facts=Facts())).read_all().num_rows == 0
