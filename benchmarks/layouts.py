"""The layouts of parts that are compared: ours, and ones that differ from it in one thing each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.batch import EventBatch
from logstore.model.schema import TAG
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.part.encode import USUAL_LAYOUT, Layout
from logstore.storage.part.encodings import Codec, Encoding, Way, choose
from logstore.storage.part.order import Integers, Ordered, order_for_part, times_of
from logstore.storage.part.sample import sample
from logstore.storage.part.shape import PartShape, compacted_shape, fresh_shape
from logstore.storage.settings import StorageSettings

Choice = Callable[[str, pa.ChunkedArray, PartShape], Way]

_ONE_BUCKET = 1 << 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to lay a part out, under a name that says how it differs from ours."""

    name: str
    shape: PartShape
    layout: Layout = USUAL_LAYOUT


def candidates() -> Iterator[Candidate]:
    """All layouts; the first is that of merged parts, the second that of parts as they are sealed."""
    ours = compacted_shape(StorageSettings())
    yield Candidate("merged", ours)
    yield Candidate("sealed", fresh_shape(StorageSettings()))
    for rows in (8_192, 16_384, 32_768, 65_536, 122_880):
        yield Candidate(f"row groups of {rows:,}", replace(ours, row_group_rows=rows))
    for rows in (5_000, 10_000, 32_768, 131_072):
        yield Candidate(f"pages of {rows:,} rows", replace(ours, page_rows=rows))
    for level in (1, 2, 3, 6, 9):
        yield Candidate(f"zstd {level}", replace(ours, compression_level=level))
    for rows in (32_768, 65_536, 100_000, 200_000, 300_000):
        yield Candidate(f"buckets of {rows:,}", replace(ours, sort_bucket_rows=rows))
    yield Candidate("tag first", replace(ours, sort_bucket_rows=_ONE_BUCKET))
    yield Candidate("time alone", ours, Layout(order=_by_time))
    yield Candidate("minute, tag, time", ours, Layout(order=_by_minute))
    yield Candidate("bucket, tag, status, time", ours, Layout(order=_by_status))
    for name, choice in _CHOICES.items():
        yield Candidate(name, ours, Layout(choose=choice))


def _by_time(batch: EventBatch, _bucket_rows: int) -> Ordered:
    return _one_bucket(np.argsort(times_of(batch), kind="stable"))


def _by_minute(batch: EventBatch, _bucket_rows: int) -> Ordered:
    times = times_of(batch)
    return _one_bucket(np.lexsort((times, _ranks(batch, TAG), times // (60 * NS_PER_SECOND))))


def _by_status(batch: EventBatch, bucket_rows: int) -> Ordered:
    """Within a tag by the values of another column that has few."""
    ours = order_for_part(batch, bucket_rows)
    bucket = np.empty(batch.rows, np.int64)
    bucket[ours.rows] = np.repeat(np.arange(len(ours.buckets)), ours.buckets)
    statuses = batch.table.column("status").combine_chunks().fill_null(0).to_numpy()
    return Ordered(np.lexsort((times_of(batch), statuses, _ranks(batch, TAG), bucket)), ours.buckets)


def _one_bucket(rows: Integers) -> Ordered:
    return Ordered(rows, (len(rows),))


def _ranks(batch: EventBatch, name: str) -> Integers:
    encoded = batch.table.column(name).combine_chunks().dictionary_encode()
    ranks = np.empty(len(encoded.dictionary), np.int64)
    ranks[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(ranks))
    ranked: Integers = ranks[encoded.indices.to_numpy()]
    return ranked


def _instead(old: Encoding, new: Encoding, of: Callable[[pa.DataType], bool]) -> Choice:
    """Our choices, but columns of some types have another encoding."""

    def chosen(name: str, column: pa.ChunkedArray, shape: PartShape) -> Way:
        way = choose(name, column, shape)
        return replace(way, encoding=new) if way.encoding is old and of(column.type) else way

    return chosen


def _dictionaries(share: float) -> Choice:
    """Our choices, but with dictionaries for all columns of which this share of values is distinct at most."""

    def chosen(name: str, column: pa.ChunkedArray, shape: PartShape) -> Way:
        way = choose(name, column, shape)
        if way.encoding not in {Encoding.PLAIN, Encoding.LENGTHS} or pa.types.is_boolean(column.type):
            return way
        values = sample(column).drop_null()
        distinct = pc.count_distinct(values).as_py() <= share * len(values)
        return replace(way, encoding=Encoding.DICTIONARY) if distinct else way

    return chosen


def _with_filters(name: str, column: pa.ChunkedArray, shape: PartShape) -> Way:
    return choose(name, column, replace(shape, has_bloom_filters=True))


def _uncompressed_ids(name: str, column: pa.ChunkedArray, shape: PartShape) -> Way:
    way = choose(name, column, shape)
    return replace(way, codec=Codec.NONE, level=None) if way.encoding is Encoding.LENGTHS else way


_CHOICES: dict[str, Choice] = {
    "Bloom filters": _with_filters,
    "ids not compressed": _uncompressed_ids,
    "integers plain": _instead(Encoding.DELTA, Encoding.PLAIN, pa.types.is_integer),
    "integers split by byte": _instead(Encoding.DELTA, Encoding.BYTES, pa.types.is_integer),
    "doubles split by byte": _instead(Encoding.PLAIN, Encoding.BYTES, pa.types.is_floating),
    "doubles in dictionaries": _instead(Encoding.PLAIN, Encoding.DICTIONARY, pa.types.is_floating),
    "ids plain": _instead(Encoding.LENGTHS, Encoding.PLAIN, pa.types.is_string),
    "texts with lengths apart": _instead(Encoding.PLAIN, Encoding.LENGTHS, pa.types.is_string),
    "texts by common beginnings": _instead(Encoding.PLAIN, Encoding.BEGINNINGS, pa.types.is_string),
    "dictionaries up to 50 % distinct": _dictionaries(0.5),
    "dictionaries up to 75 % distinct": _dictionaries(0.75),
}
