"""How each column of a part is written: by which encoding, and whether compressed. Pure.

A sample of a column's values decides, never its name. All that is chosen here changes size and time alone: to a reader
the values are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.schema import SEQ, TIME
from logstore.storage.part.dictionaries import repeats
from logstore.storage.part.sample import sample

LIGHT_CODEC: Final = "lz4_raw"
"""Of light parts. It compresses and decompresses several times as fast as zstd, to half as much again."""

_WORTH_COMPRESSING = 0.4
"""A light part has a column compressed when the sample becomes this much smaller. Ids and addresses become little
smaller, for as much time as messages need to become a quarter."""

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


@dataclass(frozen=True, slots=True)
class Way:
    """How a column is written."""

    encoding: Encoding
    is_compressed: bool


def choose(name: str, column: pa.ChunkedArray, *, light: bool) -> Way:
    """How the column `name` of a part is written; in a light part, or one that is kept."""
    if pa.types.is_nested(column.type):
        return Way(Encoding.DICTIONARY, is_compressed=True)
    if pa.types.is_dictionary(column.type):
        return Way(Encoding.DICTIONARY, is_compressed=not light or _dictionary_bytes(column) > _WORTH_COMPRESSING_BYTES)
    values = sample(column).drop_null()
    encoding = _encoding(name, values)
    return Way(encoding, is_compressed=not light or _is_worth_compressing(encoding, values))


def _encoding(name: str, values: pa.Array) -> Encoding:
    if name in _COUNTERS:
        return Encoding.DELTA
    if repeats(values):
        return Encoding.DICTIONARY
    if pa.types.is_string(values.type):
        return Encoding.LENGTHS if pc.count_distinct(pc.binary_length(values)).as_py() <= 1 else Encoding.PLAIN
    return Encoding.DELTA if pa.types.is_integer(values.type) else Encoding.PLAIN


def _is_worth_compressing(encoding: Encoding, values: pa.Array) -> bool:
    """Whether light compression makes much less of the column; of numbers it does not."""
    if encoding is Encoding.DICTIONARY or not pa.types.is_string(values.type):
        return False
    content = values.buffers()[2]
    return len(pa.Codec(LIGHT_CODEC).compress(content)) <= _WORTH_COMPRESSING * len(content)


def _dictionary_bytes(column: pa.ChunkedArray) -> int:
    return max((piece.dictionary.nbytes for piece in column.chunks), default=0)
