"""Row groups of a part's file, as rows to take some of: no more of it is read than is looked at.

What was read is kept, taken apart as it is, and so is where in the file all of it lies.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from logstore.model.schema import MORE, MORE_TYPE, Column
from logstore.model.snapshot import Part, PartRead
from query.pages.file import Chunk, chunks_of, footer_place, unsnappy
from query.taking.groups import PHYSICAL, NotTakenError, Places
from query.taking.held import joined, values_of
from query.taking.kept import Kept, Sized

if TYPE_CHECKING:
    from query.pages.taking import Values

_NOT_COMPRESSED = 0
_CHUNK_BYTES = 300
"""About what a chunk's place takes in memory."""
_MOST_BYTES = 1 << 27
"""Of the columns of a row group that are looked at together, decompressed: what has more is left to the database, which
counts its memory."""
_PIECE_ROWS = 1024
"""Rows that Arrow reads at once: what has a dictionary in the file may be many times as large without it."""


class _Chunks(dict[str, Chunk]):
    """The columns of a row group, by their names."""

    @property
    def nbytes(self) -> int:
        return len(self) * _CHUNK_BYTES


class _More:
    """`_more` of a row group."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array
        self.nbytes = int(array.nbytes)


@dataclass(slots=True)
class _Kept:
    """A column of a row group.

    Attributes:
        values: its values, of the pages that are open.
        pages: where in the file each of its pages lies: first byte, bytes, bytes when decompressed; none where the
            column is open as a whole.
        codec: Parquet's number of the way they are compressed.
        read: all of its bytes, from the first of them on, until pages are opened for the first time.
    """

    values: Values
    pages: Sequence[tuple[int, int, int]]
    codec: int
    read: tuple[int, bytes] | None = None

    @property
    def nbytes(self) -> int:
        return self.values.nbytes


@contextmanager
def _refused() -> Iterator[None]:
    """Whatever is wrong with a file, the database says it better."""
    try:
        yield
    except (ValueError, OSError, pa.ArrowException, zstandard.ZstdError) as error:
        raise NotTakenError from error


_UNTOLD = -1
"""What a frame of zstd holds that does not say so."""
_LOCAL = threading.local()


def _unzstd(content: bytes | memoryview, full: int) -> bytes:
    """Each thread has a decompressor of its own: to make one takes longer than a small page."""
    try:
        decompressor = _LOCAL.decompressor
    except AttributeError:
        decompressor = _LOCAL.decompressor = zstandard.ZstdDecompressor()
    # Memory is taken for what the frame says that it holds, whatever is asked for.
    if zstandard.frame_content_size(content) not in (_UNTOLD, full):
        raise ValueError("a page has another size than it should have")
    found: bytes = decompressor.decompress(content, max_output_size=full)
    return found


_DECOMPRESSORS: Mapping[int, Callable[[bytes | memoryview, int], bytes]] = {
    0: lambda content, _: bytes(content),
    1: unsnappy,
    6: _unzstd,
}
"""By Parquet's number of the way to compress."""

KeptOfFiles: TypeAlias = Kept[Sized]
"""What is kept of all files."""


class Fit(Protocol):
    """Is asked before anything is read of a part."""

    def __call__(self, read: PartRead) -> None:
        """Returns if it is here and sound, and raises what ends the question else."""


class SealedPart:
    """A part of which rows are taken. For one question; must be closed.

    Args:
        part: the part.
        kept: what is kept of files.
        fit: is asked before anything is read.
        kernel: `query.pages.taking`.
        footers: `query.pages.kernel`.
    """

    def __init__(self, part: Part, kept: KeptOfFiles, fit: Fit, kernel: ModuleType, footers: ModuleType) -> None:
        self.part = part
        self.kept = kept
        self.kernel = kernel
        self.bytes_read = 0
        self._fit = fit
        self._footers = footers
        self._file: int | None = None

    def close(self) -> None:
        """Nothing more is read. Again and again is fine."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def group(self, place: int) -> SealedGroup:
        """One of its row groups."""
        return SealedGroup(self, place)

    def opened(self, place: int, names: Sequence[str]) -> list[_Kept]:
        """Columns of a row group, none of whose pages need be open; raises NotTakenError."""
        path = self.part.path
        kept = self.kept.get_all([(path, place, name) for name in names])
        found = [each for each in kept if isinstance(each, _Kept)]
        if len(found) == len(names):
            return found
        lacking = [number for number, each in enumerate(kept) if not isinstance(each, _Kept)]
        self._fit(PartRead(self.part, frozenset(names[number] for number in lacking), (place,)))
        for number in lacking:
            found.insert(number, self._column(place, names[number]))
        return found

    def open(self, place: int, name: str, column: _Kept, rows: Places | None) -> None:
        """Has those of its pages open that hold some rows, and keeps it; raises NotTakenError."""
        closed = column.values.closed(rows)
        if not closed:
            return
        (begin, content), column.read = column.read or (0, b""), None
        if not content:
            self._fit(PartRead(self.part, frozenset({name}), (place,)))
        for page in closed:
            first, size, full = column.pages[page]
            with _refused():
                stored = content[first - begin : first - begin + size] if content else self._read(first, size)
                column.values.open(page, _decompressed(column.codec, stored, full))
        self.kept.put((self.part.path, place, name), column)

    def more(self, place: int) -> pa.Array:
        """`_more` of a row group; raises NotTakenError."""
        key = (self.part.path, place, MORE)
        found = self.kept.get(key)
        if found is None:
            self._fit(PartRead(self.part, frozenset({MORE}), (place,)))
            found = _More(self._by_arrow(place, MORE))
            self.kept.put(key, found)
        if not isinstance(found, _More):
            raise TypeError(found)
        return found.array

    def _column(self, place: int, name: str) -> _Kept:
        chunk = self._chunks(place).get(name)
        made = None if chunk is None else self._of_pages(chunk)
        if made is None:
            array = self._by_arrow(place, name)
            physical = next(PHYSICAL[column.kind] for column in self.part.columns if column.name == name)
            made = _Kept(values_of(pa.chunked_array([array]), physical, self.kernel), (), _NOT_COMPRESSED)
            self.kept.put((self.part.path, place, name), made)
        return made

    def _of_pages(self, chunk: Chunk) -> _Kept | None:
        """A column by its pages, of which those are open that are read for the others anyway: none but a dictionary."""
        if chunk.codec not in _DECOMPRESSORS:
            return None
        with _refused():
            content = self._read(chunk.first, chunk.size)
            pages = self.kernel.pages(content, chunk.rows)
            if pages is None:
                return None
            if sum(page[3] for page in pages) > _MOST_BYTES:
                raise NotTakenError
            view, dictionary, data = memoryview(content), None, []
            for is_dictionary, first, size, full, values, encoding in pages:
                if is_dictionary:
                    dictionary = _decompressed(chunk.codec, view[first : first + size], full), values
                else:
                    data.append((chunk.first + first, size, full, values, encoding))
            if sum(page[3] for page in data) != chunk.rows:
                raise NotTakenError
            found = self.kernel.Values.of_pages(chunk.kind, chunk.is_optional, [page[3:] for page in data], dictionary)
        return found and _Kept(found, [page[:3] for page in data], chunk.codec, (chunk.first, content))

    def _chunks(self, place: int) -> Mapping[str, Chunk]:
        key = (self.part.path, place)
        found = self.kept.get(key)
        if found is None:
            with _refused():
                size = os.fstat(self._opened()).st_size
                first, length = footer_place(self._read, size)
                rows = {place: self.part.row_groups[place].rows}
                found = _Chunks(chunks_of(self._footers, self._read(first, length), rows, size)[place])
            self.kept.put(key, found)
        if not isinstance(found, _Chunks):
            raise TypeError(found)
        return found

    def _by_arrow(self, place: int, name: str) -> pa.Array:
        found, size = [], 0
        with _refused(), pq.ParquetFile(self.part.path) as file:
            for batch in file.iter_batches(_PIECE_ROWS, row_groups=[place], columns=[name], use_threads=False):
                # A name with dots may select columns below it too.
                found.append(batch.column(name))
                size += found[-1].nbytes
                if size > _MOST_BYTES:
                    raise NotTakenError
            column = joined(pa.chunked_array(found))
        self.bytes_read += size
        return column

    def _read(self, first: int, size: int) -> bytes:
        file, found = self._opened(), b""
        while len(found) < size:
            piece = os.pread(file, size - len(found), first + len(found))
            if not piece:
                raise ValueError("the file is too short")
            found = found + piece if found else piece
        self.bytes_read += size
        return found

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self.part.path, os.O_RDONLY | os.O_CLOEXEC)
        return self._file


def _decompressed(codec: int, content: bytes | memoryview, full: int) -> bytes:
    found = _DECOMPRESSORS[codec](content, full)
    if len(found) != full:
        raise ValueError("a page has another size than it should have")
    return found


class SealedGroup:
    """The rows of a row group; see `query.taking.groups.Group`."""

    def __init__(self, part: SealedPart, place: int) -> None:
        self.rows = part.part.row_groups[place].rows
        self.columns: Sequence[Column] = part.part.columns
        self._part = part
        self._place = place

    def values(self, names: Sequence[str], rows: Places | None) -> list[Values]:
        """Columns by their names."""
        found = self._part.opened(self._place, names)
        values = [column.values for column in found]
        size = sum([each.nbytes for each in values])
        for number in self._part.kernel.lacking(values, rows):
            if size > _MOST_BYTES:
                break
            before = values[number].nbytes
            self._part.open(self._place, names[number], found[number], rows)
            size += values[number].nbytes - before
        if size > _MOST_BYTES:
            raise NotTakenError
        return values

    def more(self, rows: Places) -> pa.Array:
        """`_more` of some rows."""
        if not self._part.part.has_more:
            return pa.nulls(len(rows), MORE_TYPE)
        return self._part.more(self._place).take(pa.array(rows))
