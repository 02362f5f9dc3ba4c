"""Making the Parquet bytes of a part. Pure.

The rows are put into their order a row group at a time, so a part needs the memory of one row group beside its events
and its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logstore.model.batch import EventBatch
from logstore.model.merge import fold_rare_columns
from logstore.model.schema import MORE, SEQ, TAG, TIME
from logstore.model.snapshot import Part
from logstore.storage.part.blooms import FALSE_POSITIVES
from logstore.storage.part.encodings import Encoding, Way, choose
from logstore.storage.part.footer import METADATA_KEY, Label, describe_part, encode_label
from logstore.storage.part.order import Integers, order_for_part
from logstore.storage.part.pick import pick, rows_of
from logstore.storage.part.pieces import Pieces
from logstore.storage.part.shape import PartShape

# Parquet's names of the leaves of a map.
_MORE_LEAVES = (f"{MORE}.key_value.key", f"{MORE}.key_value.value")

_NEVER_NULL = frozenset({TIME, SEQ, TAG})

_SMALL_DICTIONARY = 16
"""So few values may stand in the dictionary of every row group, needed there or not."""

_WRITE_BATCH_ROWS = 8192
"""Rows that the writer takes at once; fewer cost a call more often, more fill a page beyond its bound."""

_LIGHT_DICTIONARY_SHARE = 256
"""In a light part so many rows of a row group allow one value more: it costs a bit of room, and to find out which
values are needed costs time."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What decides about the order of rows and about columns; another one is for measurements."""

    order: Callable[[EventBatch, int], Integers] = order_for_part
    choose: Callable[[str, pa.ChunkedArray, PartShape], Way] = choose


USUAL_LAYOUT = Layout()


def encode_part(batch: EventBatch, generation: int, tenant: str, shape: PartShape) -> pa.Buffer:
    """The whole file of a part with the events of `batch`, which must not be empty."""
    encoder = PartEncoder(batch, generation, tenant, shape)
    return pa.py_buffer(b"".join(piece for pieces in encoder.pieces() for piece in pieces))


class PartEncoder:
    """Makes the file of a part in pieces, a row group at a time.

    Args:
        batch: its events, at least one.
        generation, tenant: of the part.
        shape: how it is written.
        layout: what decides about the order of rows and about columns.
    """

    def __init__(
        self, batch: EventBatch, generation: int, tenant: str, shape: PartShape, layout: Layout = USUAL_LAYOUT
    ) -> None:
        self._shape = shape
        batch = fold_rare_columns(batch)
        found = {name: batch.table.column(name) for name in batch.table.column_names}
        self._ways = {name: layout.choose(name, column, shape) for name, column in found.items()}
        self._columns = {name: _prepared(column, self._ways[name]) for name, column in found.items()}
        self._order = layout.order(batch, shape.sort_bucket_rows)
        self._label = Label(
            generation=generation,
            tenant=tenant,
            seq=(batch.seq_min, batch.seq_max),
            time=(batch.time_min_ns, batch.time_max_ns),
            tags=_few_tags(self._columns[TAG], shape.max_listed_tags),
            columns=batch.columns,
        )
        self._file = Pieces()
        self._metadata: list[pq.FileMetaData] = []

    def pieces(self) -> Iterator[Sequence[bytes]]:
        """The bytes of the file, in order; to be asked for once."""
        fields = [pa.field(name, array.type, name not in _NEVER_NULL) for name, array in self._columns.items()]
        schema, count = pa.schema(fields), self._shape.row_group_rows
        small = max(_SMALL_DICTIONARY, count // _LIGHT_DICTIONARY_SHARE if self._shape.is_light else 0)
        with self._writer(schema) as writer:
            for first in range(0, len(self._order), count):
                rows = rows_of(self._order[first : first + count])
                picked = [pick(column, rows, small) for column in self._columns.values()]
                writer.write_table(pa.Table.from_arrays(picked, schema=schema), row_group_size=count)
                yield self._file.take()
            writer.add_key_value_metadata({METADATA_KEY: encode_label(self._label)})
        yield self._file.take()

    def part(self, path: str) -> Part:
        """What a reader of the file finds in its footer; when all pieces were asked for."""
        return describe_part(self._metadata[0], path, self._file.size)

    def _writer(self, schema: pa.Schema) -> pq.ParquetWriter:
        ways = {path: way for name, way in self._ways.items() for path in (_MORE_LEAVES if name == MORE else (name,))}
        return pq.ParquetWriter(
            self._file,
            schema,
            compression={path: way.codec.value for path, way in ways.items()},
            compression_level={path: way.level for path, way in ways.items() if way.level is not None},
            use_dictionary=[path for path, way in ways.items() if way.encoding is Encoding.DICTIONARY],
            column_encoding={
                path: way.encoding.value for path, way in ways.items() if way.encoding is not Encoding.DICTIONARY
            },
            # The smallest and largest text of a row group, which holds those of many tags, hardly ever rule it out,
            # and cost a fifth of the time of writing. Of `tag`, by which the rows are sorted, they do.
            write_statistics=[field.name for field in schema if field.name == TAG or not _is_text(field.type)],
            bloom_filter_options={
                path: {"ndv": way.bloom_values, "fpp": FALSE_POSITIVES}
                for path, way in ways.items()
                if way.bloom_values is not None
            },
            write_batch_size=_WRITE_BATCH_ROWS,
            # Light parts have pages of a mebibyte, whatever their rows; each page costs a few writes.
            max_rows_per_page=self._shape.row_group_rows if self._shape.is_light else self._shape.page_rows,
            version="2.6",
            # It would make pyarrow alone read dictionaries where all others read texts.
            store_schema=False,
            metadata_collector=self._metadata,
        )


def _prepared(column: pa.ChunkedArray, way: Way) -> pa.Array | pa.ChunkedArray:
    """The column as rows are picked from it: texts that do not repeat as they are, others in one piece."""
    if pa.types.is_string(column.type):
        if way.encoding is not Encoding.DICTIONARY:
            return column
        column = column.dictionary_encode()
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        return pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, array.type)
    return array


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _few_tags(tags: pa.Array, max_tags: int) -> tuple[str, ...] | None:
    tags = pc.unique(tags)
    return tuple(sorted(tags.to_pylist())) if len(tags) <= max_tags else None
