"""A part's file, read a range at a time and only through its checksums.

The end of the file, from its last column on, is checked first: nothing is believed that a damaged footer says.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from logstore.errors import CorruptionError
from logstore.model.snapshot import Part
from logstore.storage.directory import ReadFile
from logstore.storage.part.checksums import Checksums

MAGIC = b"PAR1"
_TAIL_BYTES = 8
"""A file ends with the length of its footer, 4 bytes little-endian, and the magic."""

_BLOCKS_AT_ONCE = 64
"""4 MiB. More takes memory, fewer takes calls; both cost nothing beside the disk."""

RESTORE = "restore it from a backup: logstore restore --part"


@dataclass(frozen=True, slots=True)
class Extent:
    """A range of bytes, [start, end)."""

    start: int
    end: int


class CheckedFile:
    """An open file of a part that has checksums.

    Args:
        file: the file.
        part: what the catalog says of it.

    Raises:
        CorruptionError: it is not as long as it was.
    """

    def __init__(self, file: ReadFile, part: Part) -> None:
        self._file = file
        self._part = part
        self._sums = Checksums(part.checksums or b"", part.path)
        if not file.size == part.bytes == self._sums.size:
            raise CorruptionError(f"it has {file.size:,} bytes, and had {part.bytes:,}", part.path, remedy=RESTORE)

    def check_end(self) -> None:
        """Checks the footer, and everything between it and the last column.

        Raises:
            CorruptionError: it is damaged.
        """
        metadata = self.metadata
        if metadata.num_rows != self._part.rows or metadata.num_row_groups != len(self._part.row_groups):
            raise CorruptionError("its footer is that of another part", self._part.path, self._footer_start)
        groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
        last = max((_extent(group.column(metadata.num_columns - 1)).end for group in groups), default=len(MAGIC))
        self._check([Extent(0, len(MAGIC)), Extent(last, self._sums.size)])

    def check_columns(self, wanted: Iterable[tuple[int, Collection[int]]]) -> None:
        """Checks columns of row groups, both by their places, among columns as Parquet counts them.

        Raises:
            CorruptionError: some of their bytes are damaged.
        """
        metadata = self.metadata
        self._check(
            _extent(metadata.row_group(group).column(column)) for group, columns in wanted for column in columns
        )

    def check_all(self) -> Iterator[int]:
        """Checks every byte, a few MiB at a time; yields how many after each.

        Raises:
            CorruptionError: some are damaged.
        """
        for first in range(0, len(self._sums), _BLOCKS_AT_ONCE):
            yield self._check_run(first, min(len(self._sums), first + _BLOCKS_AT_ONCE))

    @functools.cached_property
    def metadata(self) -> Any:
        """The footer, after its own bytes were checked."""
        size = self._sums.size
        tail = self._file.read_at(max(0, size - _TAIL_BYTES), _TAIL_BYTES)
        footer = int.from_bytes(tail[:4], "little")
        if tail[4:] != MAGIC or footer > size - _TAIL_BYTES - len(MAGIC):
            raise CorruptionError("it does not end as Parquet does", self._part.path, size - len(tail), RESTORE)
        self._footer_start = size - _TAIL_BYTES - footer
        self._check([Extent(self._footer_start, size)])
        try:
            content = self._file.read_at(self._footer_start, footer + _TAIL_BYTES)
            return pq.read_metadata(pa.BufferReader(content))
        except (OSError, pa.ArrowException) as error:
            raise CorruptionError(f"its footer cannot be read: {error}", self._part.path, self._footer_start) from error

    def _check(self, extents: Iterable[Extent]) -> None:
        blocks = sorted({block for each in extents for block in self._sums.blocks(each.start, each.end)})
        for run in _runs(blocks):
            self._check_run(run.start, run.end)

    def _check_run(self, first: int, end: int) -> int:
        step = self._sums.block_bytes
        content = self._file.read_at(first * step, min(end * step, self._sums.size) - first * step)
        try:
            self._sums.check(first, content)
        except CorruptionError as error:
            raise CorruptionError(error.what, self._part.path, error.offset, RESTORE) from None
        return len(content)


def _extent(column: Any) -> Extent:
    """The bytes of a column of a row group."""
    start = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
    return Extent(start, start + column.total_compressed_size)


def _runs(blocks: list[int]) -> Iterator[Extent]:
    """Blocks that follow each other, at most so many together."""
    start = 0
    for place, (one, following) in enumerate(pairwise([*blocks, -1]), 1):
        if following != one + 1 or place - start == _BLOCKS_AT_ONCE:
            yield Extent(blocks[start], one + 1)
            start = place
