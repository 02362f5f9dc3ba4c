"""How each column of a part is written: by which encoding, and whether compressed. Pure.

A sample of a column's values decides, never its name. All that is chosen here changes size and time alone: to a reader
the values are the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.schema import MESSAGE, SEQ, TIME
from logstore.storage.part.blooms import is_like_ids
from logstore.storage.part.dictionaries import repeats
from logstore.storage.part.sample import sample
from logstore.storage.part.shape import PartShape

_LIGHT_LEVEL: Final = 1

_WORTH_COMPRESSING = 0.5
"""A light part has a column of texts compressed when a sample of it becomes so small. Addresses and the like become
hardly smaller, in as much time as it takes to make a third of messages."""

_WORTH_COMPRESSING_BYTES = 4096
"""A light part has a dictionary compressed when it is larger."""

_COUNTERS = frozenset({TIME, SEQ})
"""Both rise by small steps within a run of one tag; a dictionary of them would be as large as they are."""


class Encoding(Enum):
    """Parquet's name of an encoding, as the writer wants it."""

    DICTIONARY = "RLE_DICTIONARY"
    """Each value of a row group once, and indices."""
    PLAIN = "PLAIN"
    DELTA = "DELTA_BINARY_PACKED"
    """Integers as differences, in as few bits as they need."""
    LENGTHS = "DELTA_LENGTH_BYTE_ARRAY"
    """Texts one after the other, their lengths apart: when those are all the same they take no room, and what remains
    is read and compressed faster than with lengths in between."""
    BEGINNINGS = "DELTA_BYTE_ARRAY"
    """Texts without what they begin with in common with the one before. Not chosen; for measurements."""
    BYTES = "BYTE_STREAM_SPLIT"
    """The first bytes of all numbers, then the second ones, and so on. Not chosen; for measurements."""


class Codec(Enum):
    """Parquet's name of a way to compress, as the writer wants it."""

    NONE = "none"
    SNAPPY = "snappy"
    """A third of zstd's time, and half as large again."""
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class Way:
    """How a column is written.

    Attributes:
        encoding, codec: of its pages.
        level: of zstd.
        bloom_values: distinct values of a row group, for the size of its Bloom filter; None for no filter.
    """

    encoding: Encoding
    codec: Codec
    level: int | None = None
    bloom_values: int | None = None


def choose(name: str, column: pa.ChunkedArray, shape: PartShape) -> Way:
    """How the column `name` of a part of this shape is written."""
    encoding, values = _encoding(name, column)
    if shape.is_light:
        return _light_way(encoding, column, values)
    if encoding is Encoding.DELTA and name != SEQ:
        # In as few bits as they need, times and sizes look random to zstd, which would try all the same.
        return Way(encoding, Codec.NONE)
    bloom_values = None
    if shape.has_bloom_filters and name != MESSAGE and encoding is not Encoding.DICTIONARY and _are_ids(values):
        bloom_values = math.ceil(shape.row_group_rows * (len(column) - column.null_count) / len(column))
    return Way(encoding, Codec.ZSTD, shape.compression_level, bloom_values)


def _are_ids(values: pa.Array | None) -> bool:
    return values is not None and is_like_ids(values)


def _encoding(name: str, column: pa.ChunkedArray) -> tuple[Encoding, pa.Array | None]:
    """The encoding of a column, with the sample of its values that was looked at."""
    if pa.types.is_nested(column.type) or pa.types.is_dictionary(column.type):
        return Encoding.DICTIONARY, None
    if name in _COUNTERS:
        return Encoding.DELTA, None
    values = sample(column).drop_null()
    if repeats(values):
        return Encoding.DICTIONARY, values
    if pa.types.is_string(values.type):
        return Encoding.LENGTHS if _have_one_length(values) else Encoding.PLAIN, values
    return Encoding.DELTA if pa.types.is_integer(values.type) else Encoding.PLAIN, values


def _have_one_length(texts: pa.Array) -> bool:
    ends = pc.min_max(pc.binary_length(texts))
    return bool(ends["min"] == ends["max"])


def _light_way(encoding: Encoding, column: pa.ChunkedArray, values: pa.Array | None) -> Way:
    """The way that takes least time, where bytes that need not be written count as time too."""
    if pa.types.is_nested(column.type) or _dictionary_bytes(column) > _WORTH_COMPRESSING_BYTES:
        return Way(encoding, Codec.SNAPPY)
    if encoding is Encoding.LENGTHS:
        # Ids: zstd soon finds that nothing repeats, and makes half of hexadecimal digits, which snappy does not.
        return Way(encoding, Codec.ZSTD, _LIGHT_LEVEL)
    if encoding is Encoding.PLAIN and values is not None and pa.types.is_string(values.type):
        return Way(encoding, Codec.SNAPPY if _is_compressible(values) else Codec.NONE)
    return Way(encoding, Codec.NONE)


def _is_compressible(texts: pa.Array) -> bool:
    content = texts.buffers()[2]
    return len(pa.Codec(Codec.SNAPPY.value).compress(content)) <= _WORTH_COMPRESSING * len(content)


def _dictionary_bytes(column: pa.ChunkedArray) -> int:
    """What the largest dictionary of a column takes that has them already."""
    if not pa.types.is_dictionary(column.type):
        return 0
    return max((piece.dictionary.nbytes for piece in column.chunks), default=0)
