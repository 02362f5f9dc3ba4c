"""Reading a part's rows back: the inverse of `logstore.storage.part.encode`.

Columns are those of the part, whatever Parquet calls their types: which field a column serves, and of which kind its
values are, is what the part says. Texts that were written with a dictionary come with it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Self, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from logstore.errors import CorruptionError
from logstore.model.batch import EventBatch
from logstore.model.merge import batch_from_table
from logstore.model.schema import ARROW_TYPES, DICTIONARY_TYPE, MORE, MORE_TYPE, SEQ, TIME, Column
from logstore.model.snapshot import Part

_BYTES_PER_VALUE = 6
"""Of a number eight, of an index into a dictionary four."""

Source: TypeAlias = "pa.Buffer | memoryview | str"
"""A part's whole file, mapped or in memory, or its absolute path."""


def load_part(
    source: Source, part: Part, columns: Collection[str] | None = None, row_groups: Sequence[int] | None = None
) -> EventBatch:
    """The events of a part, ascending by `_seq` as in every batch: those that `encode_part` was given.

    Args:
        source: the part's file.
        part: what is known of it.
        columns: names of columns, `_more` among them, when not all are needed; `time` and `_seq` come always. Without
            the other fixed columns the batch is one to look at, not one to join with others.
        row_groups: places of row groups, when not all are needed.

    Raises:
        CorruptionError: the file is not what the part says.
    """
    table = load_table(source, part, columns, row_groups)
    seqs = table.column(SEQ).to_numpy()
    if not bool((seqs[1:] >= seqs[:-1]).all()):
        table = table.take(pa.array(np.argsort(seqs, kind="stable")))
    return batch_from_table(table, [column for column in part.columns if column.name in table.schema.names])


def load_table(
    source: Source, part: Part, columns: Collection[str] | None = None, row_groups: Sequence[int] | None = None
) -> pa.Table:
    """The rows of a part in the order of its file, as `load_part` reads them: row n of a whole part is its row n."""
    with PartFile(source, part) as file:
        return file.read(columns, row_groups)


class PartFile:
    """A part's file, open to be read several times; closed as a context manager, or by `close`.

    Args:
        source: the file.
        part: what is known of it.

    Attributes:
        dictionaries: names of the columns of texts that were written with a dictionary.
        row_bytes: about how many bytes a row takes in memory, by what the footer says.

    Raises:
        CorruptionError: the file is not what the part says.
    """

    def __init__(self, source: Source, part: Part) -> None:
        self._part = part
        with self._reading():
            metadata = pq.read_metadata(_opened(source))
            # Not the texts within `_more`, which Arrow reads as they are.
            self.dictionaries = frozenset(_with_dictionary(metadata)) & {column.name for column in part.columns}
            self.row_bytes = _row_bytes(metadata)
            self._file = pq.ParquetFile(_opened(source), metadata=metadata, read_dictionary=sorted(self.dictionaries))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the file back. May be called again."""
        self._file.close(force=True)

    def read(self, columns: Collection[str] | None = None, row_groups: Sequence[int] | None = None) -> pa.Table:
        """Rows in the order of the file; see `load_table`.

        Raises:
            CorruptionError: the file is not what the part says.
        """
        part = self._part
        wanted = [column for column in part.columns if columns is None or column.name in {TIME, SEQ, *columns}]
        names = [column.name for column in wanted]
        if part.has_more and (columns is None or MORE in columns):
            names.append(MORE)
        with self._reading():
            groups = range(self._file.num_row_groups) if row_groups is None else row_groups
            table = self._file.read_row_groups(list(groups), columns=names, use_threads=False)
            # A name with dots may select columns below it too, and those of a file are not said to be in order.
            return _typed(table.select(names), wanted)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, KeyError, pa.ArrowException) as error:
            raise CorruptionError(f"the rows cannot be read: {error}", self._part.path) from error


def _opened(source: Source) -> pa.NativeFile:
    return pa.OSFile(source) if isinstance(source, str) else pa.BufferReader(source)


def _row_bytes(metadata: pq.FileMetaData) -> int:
    """Texts are as long as they are before they are compressed, and each value takes an index or a number."""
    content = sum(metadata.row_group(place).total_byte_size for place in range(metadata.num_row_groups))
    per_row: int = content // max(1, metadata.num_rows) + _BYTES_PER_VALUE * metadata.num_columns
    return per_row


def _with_dictionary(metadata: pq.FileMetaData) -> list[str]:
    """Names of the columns of plain text that were written with a dictionary, by the first row group."""
    if not metadata.num_row_groups:
        return []
    group = metadata.row_group(0)
    chunks = (group.column(place) for place in range(metadata.num_columns))
    return [
        chunk.path_in_schema for chunk in chunks if chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page
    ]


def _typed(table: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """The same rows with the types that columns of these kinds have in a batch."""
    arrays = [_cast(table.column(column.name), ARROW_TYPES[column.kind]) for column in columns]
    if table.num_columns > len(columns):
        arrays.append(_cast(table.column(MORE), MORE_TYPE))
    return pa.table(arrays, names=table.column_names)


def _cast(array: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if array.type == wanted or (array.type == DICTIONARY_TYPE and wanted == pa.string()):
        return array
    return array.cast(wanted)
