"""A part's file, open to look into the pages of its columns."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import NamedTuple, Self, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

_TAIL = struct.Struct("<I4s")
_MAGIC = b"PAR1"
_ZSTD, _SNAPPY = "zstd", "snappy"
_CODECS = {0: None, 1: _SNAPPY, 6: _ZSTD}
"""Those that parts are written with, by Parquet's number."""
_CODEC_OF = {name: pa.Codec(name) for name in _CODECS.values() if name is not None}
_SNAPPY_SIZE_BYTES = 5
"""That tell how much there is, at most."""
_DICTIONARY_PAGE = 2
_PIECE_BYTES = 1 << 22
"""Values that are read at once, as they are in the file; long texts are a multiple of it in memory."""
_REQUIRED = 0


class Chunk(NamedTuple):
    """A column of a row group.

    Attributes:
        kind: Parquet's number of the physical type.
        codec: its number of the way it is compressed.
        rows: of the row group.
        nulls: how many of them have no value; negative: it does not say.
        first, size: where its bytes are.
        of_dictionary: whether all values are in its dictionary.
        is_optional: whether rows may have no value.
    """

    kind: int
    codec: int
    rows: int
    nulls: int
    first: int
    size: int
    of_dictionary: bool
    is_optional: bool


class Page(NamedTuple):
    """A page of a column.

    Attributes:
        is_dictionary: whether it is that of the row group.
        stored: as it is in the file.
        content: what it holds, after it was decompressed.
        values: how many, with those that are missing.
    """

    is_dictionary: bool
    stored: memoryview
    content: memoryview
    values: int


_Stored: TypeAlias = tuple[int, memoryview, int, int]
"""Type of a page, what is in the file, its size when decompressed, and how many values it has."""


class PagesFile:
    """Some row groups of a part, a column at a time. To be closed, as a context manager.

    Args:
        path: of the file.
        row_groups: how many rows those have that will be asked for, by their places.
        kernel: what takes pages apart; None: its columns can only be read as values.

    Attributes:
        bytes_read: so far, but for the footer; without a kernel it is not known.

    Raises:
        ValueError, OSError: it is not what a part is.
    """

    def __init__(self, path: str, row_groups: Mapping[int, int], kernel: ModuleType | None) -> None:
        self._file = pa.OSFile(path)
        self.bytes_read = 0
        self._kernel = kernel
        self._chunks: Mapping[int, Mapping[str, Chunk]] = {}
        if kernel is not None:
            size = self._file.size()
            first, length = footer_place(lambda first, length: self._file.read_at(length, first), size)
            self._chunks = chunks_of(kernel, self._file.read_at(length, first), row_groups, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def kernel(self) -> ModuleType:
        """What takes its pages apart."""
        if self._kernel is None:
            raise RuntimeError("there are no chunks, so nothing can be taken apart")
        return self._kernel

    def chunk(self, place: int, name: str) -> Chunk | None:
        """A column of a row group; None: it can only be read as values."""
        found = self._chunks.get(place, {}).get(name)
        return None if found is None or found.codec not in _CODECS else found

    def pages(self, chunks: Sequence[Chunk]) -> list[list[Page] | None]:
        """The pages of each of them; None where they are of a sort that the kernel does not know.

        Raises:
            ValueError, OSError: they are not what pages are.
        """
        found: list[list[Page] | None] = [None for _ in chunks]
        stored = [self._stored(chunk) for chunk in chunks]
        for codec in {chunk.codec for chunk in chunks}:
            mine = {
                place: pages
                for place, (chunk, pages) in enumerate(zip(chunks, stored, strict=True))
                if chunk.codec == codec and pages is not None
            }
            contents = _decompressed(codec, [page for pages in mine.values() for page in pages])
            for place, pages in mine.items():
                found[place] = [
                    Page(kind == _DICTIONARY_PAGE, content, next(contents), values)
                    for kind, content, _, values in pages
                ]
        return found

    def _stored(self, chunk: Chunk) -> list[_Stored] | None:
        content = self._file.read_at(chunk.size, chunk.first)
        self.bytes_read += len(content)
        pages = self.kernel.pages(content, chunk.rows)
        view = memoryview(content)
        return pages and [(kind, view[first : first + size], full, values) for kind, first, size, full, values in pages]

    def values(self, place: int, name: str, rows: int) -> Iterator[pa.Array]:
        """The values of a column of a row group, in pieces of at most so many rows, of fewer where they are long."""
        chunk = self._chunks.get(place, {}).get(name)
        if chunk is not None:
            self.bytes_read += chunk.size
            rows = max(1, min(rows, _PIECE_BYTES * chunk.rows // max(1, chunk.size)))
        for batch in self._arrow.iter_batches(rows, row_groups=[place], columns=[name], use_threads=False):
            # A name with dots may select columns below it too.
            yield batch.column(name)

    @cached_property
    def _arrow(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._file)


def _decompressed(codec: int, pages: Sequence[_Stored]) -> Iterator[memoryview]:
    name = _CODECS[codec]
    if name is None:
        yield from (content for _, content, _, _ in pages)
        return
    sizes = [size for _, _, size, _ in pages]
    if name == _ZSTD:
        # Frames one after the other decompress at once, which takes less than to begin anew for each small page.
        whole = _CODEC_OF[name].decompress(b"".join(content for _, content, _, _ in pages), sum(sizes), asbytes=True)
    else:
        whole = b"".join(unsnappy(content, size) for _, content, size, _ in pages)
    view, first = memoryview(whole), 0
    for size in sizes:
        yield view[first : first + size]
        first += size


def unsnappy(content: bytes | memoryview, full: int) -> bytes:
    """What was compressed with snappy.

    Args:
        content: as it is in the file.
        full: its size when decompressed.

    Raises:
        ValueError, OSError: it is damaged, or of another size.
    """
    # It begins with its size, in seven bits a byte. Arrow gives as many bytes as it is asked for all the same, of which
    # the last would be whatever was in memory.
    size = shift = 0
    for byte in bytes(content[:_SNAPPY_SIZE_BYTES]):
        size |= (byte & 127) << shift
        shift += 7
        if byte < 128:  # noqa: PLR2004, the highest bit says that there are more
            break
    if size != full:
        raise ValueError("a page has another size than it should have")
    found: bytes = _CODEC_OF[_SNAPPY].decompress(content, full, asbytes=True)
    return found


def footer_place(read: Callable[[int, int], bytes], size: int) -> tuple[int, int]:
    """Where in a file of so many bytes the footer lies: its first byte, and how many it has.

    Args:
        read: so many bytes from somewhere on.
        size: of the file.

    Raises:
        ValueError: it is no Parquet file.
    """
    end = size - _TAIL.size
    if end < 0:
        raise ValueError("it is too short for Parquet")
    length, magic = _TAIL.unpack(read(end, _TAIL.size))
    if magic != _MAGIC or length > end:
        raise ValueError("it does not end as Parquet does")
    return end - length, length


def chunks_of(
    kernel: ModuleType, footer: bytes, row_groups: Mapping[int, int], size: int
) -> dict[int, dict[str, Chunk]]:
    """The columns of some row groups, by their places and names.

    Args:
        kernel: what reads footers.
        footer: of the file.
        row_groups: how many rows those have that are asked for, by their places.
        size: of the file, in bytes.

    Raises:
        ValueError: they are not what a part has.
    """
    schema, groups = kernel.footer(footer, row_groups)
    required = {name for name, repetition in _flat(schema) if repetition == _REQUIRED}
    found: dict[int, dict[str, Chunk]] = {}
    for place in row_groups:
        columns = groups.get(place, ())
        found[place] = {column[0].decode(): Chunk._make((*column[1:], column[0] not in required)) for column in columns}
        for chunk in found[place].values():
            if chunk.rows != row_groups[place]:
                raise ValueError("a column has other rows than its row group")
            if chunk.first < 0 or not 0 <= chunk.size <= size - chunk.first:
                raise ValueError("a column is said to be where the file is not")
    return found


def _flat(schema: list[tuple[bytes, int, int]]) -> Iterator[tuple[bytes, int]]:
    """The columns that have no others below them, and how often each row has a value of theirs."""
    left = 0
    for name, repetition, children in schema[1:]:
        if left:
            left += children - 1
        elif children:
            left = children
        else:
            yield name, repetition
