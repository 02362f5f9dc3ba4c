"""Bloom filters of parts."""

from __future__ import annotations

import random
import uuid

import duckdb
import pyarrow as pa
import pytest

from logstore.model.schema import Kind
from logstore.storage.part.blooms import is_like_ids
from logstore.storage.part.encode import encode_part
from logstore.storage.part.shape import LIGHT, PartShape, compacted_shape
from logstore.storage.settings import StorageSettings
from tests.logstore.model.batches import make_batch, row

ROWS = 4000
GROUP = 500
RNG = random.Random(3)
IDS = [str(uuid.UUID(int=RNG.getrandbits(128))) for _ in range(ROWS)]


def a_part(level, path, *, has_filters=True):
    """Events with an id each, none in every fourth; messages as distinct as ids, and a host of few."""
    rows = []
    for place in range(ROWS):
        fields = {"message": (Kind.TEXT, f"handled {IDS[-place]}"), "host": (Kind.TEXT, f"host-{place % 3}")}
        if place % 4:
            fields["request.id"] = (Kind.TEXT, IDS[place])
        rows.append(row(place, place, "t", **fields))
    shape = PartShape(
        row_group_rows=GROUP,
        sort_bucket_rows=ROWS,
        compression_level=level,
        max_listed_tags=9,
        has_bloom_filters=has_filters,
    )
    path.write_bytes(encode_part(make_batch(rows), 1, "default", shape))
    return path


def filters(path):
    """Columns with a filter, and the bytes of all of them."""
    query = f"""SELECT path_in_schema, sum(bloom_filter_length) FROM parquet_metadata('{path}')
                WHERE bloom_filter_length > 0 GROUP BY 1"""
    return dict(duckdb.sql(query).fetchall())


def test_merged_parts_may_have_filters_of_ids(tmp_path):
    """A part that is kept has filters for ids alone, of about a byte a value, if so wished; sealed, none."""
    found = filters(a_part(1, tmp_path / "merged.parquet"))
    assert set(found) == {"request.id"}
    assert found["request.id"] <= 2 * ROWS
    assert filters(a_part(1, tmp_path / "without.parquet", has_filters=False)) == {}
    assert filters(a_part(LIGHT, tmp_path / "sealed.parquet")) == {}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, False),
        ({"bloom_filters": True}, True),
        ({"word_index": False}, True),
    ],
)
def test_what_no_index_tells_filters_do(wanted, expected):
    """Parts with word indexes have no filters unless they are asked for; parts without have them."""
    assert compacted_shape(StorageSettings(**wanted)).has_bloom_filters is expected


def test_duckdb_reads_by_filters(tmp_path):
    """DuckDB excludes the row groups that do not hold an id, keeps the one that does, and finds its row."""
    path = a_part(1, tmp_path / "p.parquet")

    def kept(value):
        query = f"SELECT bloom_filter_excludes FROM parquet_bloom_probe('{path}', 'request.id', '{value}')"
        return [place for place, (is_excluded,) in enumerate(duckdb.sql(query).fetchall()) if not is_excluded]

    groups = ROWS // GROUP
    probes = range(1, ROWS, 37)
    known = [place for place in probes if place % 4]
    assert all(place // GROUP in kept(IDS[place]) for place in known)
    assert sum(len(kept(IDS[place])) for place in known) < len(known) * (1 + 0.1 * groups)
    unknown = [len(kept(str(uuid.uuid5(uuid.NAMESPACE_DNS, str(number))))) for number in range(100)]
    assert sum(unknown) < 0.1 * len(unknown) * groups
    found = duckdb.sql(f"SELECT _seq FROM '{path}' WHERE \"request.id\" = '{IDS[1001]}'").fetchall()
    assert found == [(1001,)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (IDS[:100], True),
        ([text.replace("-", "") for text in IDS[:100]], True),
        (IDS[:50] * 2, False),
        ([text * 3 for text in IDS[:100]], False),
        ([], False),
        (list(range(100)), False),
    ],
)
def test_ids_are_short_and_distinct(values, expected):
    """Texts that are mostly distinct and short are taken for ids, whatever their column is called."""
    assert is_like_ids(pa.array(values, None if values else pa.string())) is expected
