"""Making the word index of a part, a row group at a time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.schema import LEVEL, MESSAGE
from logstore.storage.index.codec import Codec, Collector
from logstore.storage.index.file import GRAM_BYTES, GRAM_WINDOW, Method, encode_index, seed_of
from logstore.storage.index.tally import TallyCounter, tally_columns
from logstore.storage.index.texts import Texts, texts_of
from logstore.storage.part.dictionaries import repeats
from logstore.storage.part.sample import sample

_LONG_BYTES = 64
"""Texts of this length on average, if they hardly repeat, are prose rather than names and ids: words of them are looked
for. Shorter ones are looked for as a whole."""


@dataclass(frozen=True, slots=True)
class IndexShape:
    """How indexes are made.

    Attributes:
        codec: what makes them.
        has_grams: whether they tell of pieces of text too.
        has_ids: whether they tell of values that hardly ever repeat too. The others cost next to nothing.
    """

    codec: Codec
    has_grams: bool = True
    has_ids: bool = True


class IndexBuilder:
    """Takes the row groups of a part in their order, then gives the file.

    It holds four bytes for each pair of a key and a row group: some 20 bytes for each event.

    Args:
        shape: how it is made.
        columns: by what methods columns are indexed, to make an index like another one; None: the first row group says.
    """

    def __init__(self, shape: IndexShape, columns: Mapping[str, frozenset[Method]] | None = None) -> None:
        self._shape = shape
        methods = [method for method in Method if shape.has_grams or method is not Method.GRAMS]
        self._collectors: dict[Method, Collector] = {method: shape.codec.collector() for method in methods}
        self._methods: dict[str, frozenset[Method]] = dict(columns or {})
        self._tallies = TallyCounter()
        self._rows = 0

    def add(self, row_group: pa.Table) -> None:
        """The next row group: all columns of `index_columns` at least, the same ones each time."""
        if not self._methods:
            names = text_columns(row_group.schema)
            self._methods = {name: self._chosen(name, row_group.column(name)) for name in names}
        for name in filter(self._methods.get, self._methods):
            self._add(name, texts_of(row_group.column(name)))
        for collector in self._collectors.values():
            collector.end_block()
        self._tallies.add(row_group)
        self._rows += row_group.num_rows

    def finish(self) -> list[bytes]:
        """The bytes of the file, in pieces; there must have been a row group."""
        return encode_index(self._rows, self._methods, self._collectors, self._shape.codec, self._tallies.finish())

    def tallies(self) -> dict[str, bytes]:
        """The tallies alone, encoded, by name."""
        return self._tallies.finish()

    def _chosen(self, name: str, column: pa.ChunkedArray) -> frozenset[Method]:
        """How a column is indexed, by its first row group."""
        if name == MESSAGE or (self._shape.has_ids and _is_prose(column)):
            return frozenset(self._collectors) - {Method.VALUES}
        if self._shape.has_ids or pa.types.is_dictionary(column.type):
            return frozenset((Method.VALUES,))
        return frozenset()

    def _add(self, name: str, texts: Texts) -> None:
        codec, methods = self._shape.codec, self._methods[name]
        if Method.VALUES in methods:
            collector = self._collectors[Method.VALUES]
            codec.add_values(collector, texts.data, texts.offsets, texts.valid, seed_of(name, Method.VALUES))
            return
        folded = codec.folded(texts.data)
        words = self._collectors[Method.WORDS]
        codec.add_words(words, folded, texts.offsets, texts.valid, seed_of(name, Method.WORDS))
        if Method.GRAMS in methods:
            grams, seed = self._collectors[Method.GRAMS], seed_of(name, Method.GRAMS)
            codec.add_grams(grams, folded, texts.offsets, texts.valid, seed, GRAM_BYTES, GRAM_WINDOW)


def index_columns(schema: pa.Schema) -> list[str]:
    """Names of the columns of a part that an index and its tallies are made of."""
    wanted = {*text_columns(schema), *tally_columns(schema)}
    return [name for name in schema.names if name in wanted]


def text_columns(schema: pa.Schema) -> list[str]:
    """Names of the columns of a part that are indexed: those of texts, but the level, which is asked by its rank."""
    return [field.name for field in schema if _is_text(field.type) and field.name != LEVEL]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind))


def _is_prose(column: pa.ChunkedArray) -> bool:
    if pa.types.is_dictionary(column.type) or column.null_count == len(column):
        return False
    mean: float | None = pc.mean(pc.binary_length(column)).as_py()
    return mean is not None and mean >= _LONG_BYTES and not repeats(sample(column))
