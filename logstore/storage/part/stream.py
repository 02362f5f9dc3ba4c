"""Making the file of a part out of slices of rows that follow each other in time: more rows than fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logstore.model.schema import SEQ, TAG, TIME, Column
from logstore.model.snapshot import Part
from logstore.storage.part.encode import Watch, encoded, open_writer, schema_of, small_dictionary
from logstore.storage.part.encodings import choose
from logstore.storage.part.footer import METADATA_KEY, Label, describe_part, encode_label
from logstore.storage.part.order import Integers, row_groups
from logstore.storage.part.pick import is_scattered, pick, prepared, rows_of
from logstore.storage.part.pieces import Pieces
from logstore.storage.part.shape import PartShape


@dataclass(frozen=True, slots=True)
class Heading:
    """What is known of a part before it is written.

    Attributes:
        columns: its columns but `_more`, which all slices have.
        generation, tenant: of the part.
    """

    columns: tuple[Column, ...]
    generation: int
    tenant: str


class PartStream:
    """A part that is written slice by slice.

    Args:
        heading: what is known of it.
        shape: how it is written.
        max_row_group_bytes: a row group has fewer rows than the shape says where they would take more.
        watch: is given each row group, as it is written.
        sampled: rows like those of all slices, by which it is chosen how columns are written; None: the first slice is.
    """

    def __init__(
        self,
        heading: Heading,
        shape: PartShape,
        max_row_group_bytes: int,
        watch: Watch | None = None,
        sampled: pa.Table | None = None,
    ) -> None:
        self._watch = watch
        self._heading = heading
        self._sampled = sampled
        self._shape = shape
        self._max_row_group_bytes = max_row_group_bytes
        self._file = Pieces()
        self._metadata: list[pq.FileMetaData] = []
        self._writer: pq.ParquetWriter | None = None
        self._tags: set[str] | None = set()
        self._times: list[int] = []
        self._seqs: list[int] = []

    def write(self, table: pa.Table, order: Integers) -> Iterator[Sequence[bytes]]:
        """The next bytes of the file, a row group at a time.

        Args:
            table: columns as in every slice, of the same types in each.
            order: the rows of it that belong to the slice, in the order of the part; at least one.
        """
        if self._writer is None:
            like_all = table if self._sampled is None else self._sampled
            self._ways = {name: choose(name, like_all.column(name), self._shape) for name in table.column_names}
        scattered = is_scattered(order)
        columns = {
            name: prepared(encoded(table.column(name), self._ways[name]), scattered=scattered)
            for name in table.column_names
        }
        if self._writer is None:
            self._schema = schema_of(columns)
            self._writer = open_writer(self._file, self._schema, self._ways, self._shape, self._metadata)
        self._note(columns, order)
        most, small = self._row_group_rows(table), small_dictionary(self._shape)
        for first, count in row_groups((len(order),), most):
            rows = rows_of(order[first : first + count])
            picked = [pick(columns[name], rows, small) for name in self._schema.names]
            row_group = pa.Table.from_arrays(picked, schema=self._schema)
            self._writer.write_table(row_group, row_group_size=count)
            if self._watch is not None:
                self._watch(row_group)
            yield self._file.take()

    def finish(self) -> Sequence[bytes]:
        """The last bytes of the file; something must have been written."""
        if self._writer is None:
            raise ValueError("a part has at least one row")
        label = Label(
            generation=self._heading.generation,
            tenant=self._heading.tenant,
            seq=(min(self._seqs), max(self._seqs)),
            time=(min(self._times), max(self._times)),
            tags=None if self._tags is None else tuple(sorted(self._tags)),
            columns=self._heading.columns,
        )
        self._writer.add_key_value_metadata({METADATA_KEY: encode_label(label)})
        self._writer.close()
        return self._file.take()

    def part(self, path: str) -> Part:
        """What a reader of the file finds in its footer; after `finish`."""
        return describe_part(self._metadata[0], path, self._file.size)

    def _row_group_rows(self, table: pa.Table) -> int:
        row_bytes = int(table.nbytes) // max(1, int(table.num_rows))
        return max(1, min(self._shape.row_group_rows, self._max_row_group_bytes // max(1, row_bytes)))

    def _note(self, columns: dict[str, pa.Array | pa.ChunkedArray], order: Integers) -> None:
        rows = rows_of(order)
        for name, ends in ((TIME, self._times), (SEQ, self._seqs)):
            found = pc.min_max(pick(columns[name], rows, 0).cast(pa.int64()))
            ends += [found["min"].as_py(), found["max"].as_py()]
        if self._tags is not None:
            self._tags |= set(pc.unique(pick(columns[TAG], rows, 0)).to_pylist())
            self._tags = self._tags if len(self._tags) <= self._shape.max_listed_tags else None
