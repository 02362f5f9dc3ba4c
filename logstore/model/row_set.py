"""Sets of row numbers of a part, packed: as runs of rows, or as a bitmap, whichever is smaller.

Rows of a part are sorted by tag, so what one search covers is often a few long runs; else it is many single rows.

A packed set is a header of five bytes (the form, and the size of what follows once it is decompressed), then zstd. In
the form of runs that is a little-endian uint32 for each run's distance from the end of the run before, and after all of
these one for each run's length; as a bitmap it is a bit for each row from 0 on, the lowest bit of a byte first. The
empty set is no bytes at all.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from logstore.errors import CorruptionError

Rows = npt.NDArray[np.int64]
"""Row numbers, ascending, each once."""

_HEADER = struct.Struct("<BI")
_RUNS, _BITMAP = 1, 2
_MOST_ROWS = 2**32 - 1
# Four billion rows as a bitmap; what says that it is larger is damaged.
_MOST_BYTES = 2**29
_LEVEL = 3
_BITS = 8


def pack(rows: Rows) -> bytes:
    """The packed set of these rows; raises ValueError when they do not ascend, or are no row numbers."""
    if not len(rows):
        return b""
    if rows[0] < 0 or rows[-1] >= _MOST_ROWS or bool((np.diff(rows) <= 0).any()):
        raise ValueError("rows must ascend from 0 on")
    return min(_packed(_RUNS, _as_runs(rows)), _packed(_BITMAP, _as_bitmap(rows)), key=len)


def unpack(packed: bytes) -> Rows:
    """The rows of a packed set.

    Raises:
        CorruptionError: it is none.
    """
    if not packed:
        return np.empty(0, np.int64)
    try:
        form, size = _HEADER.unpack_from(packed)
        read = _FORMS[form]
        content = pa.decompress(packed[_HEADER.size :], min(size, _MOST_BYTES), codec="zstd", asbytes=True)
        return read(content)
    except (struct.error, KeyError, ValueError, OSError) as error:
        raise CorruptionError(
            f"a set of deleted rows cannot be read: {error}", "catalog.sqlite", remedy="restore it from a backup"
        ) from error


def union(packed: Iterable[bytes]) -> Rows:
    """The rows that are in any of these packed sets."""
    sets = [unpack(each) for each in packed if each]
    if len(sets) == 1:
        return sets[0]
    return np.unique(np.concatenate(sets)) if sets else np.empty(0, np.int64)


def _packed(form: int, content: bytes) -> bytes:
    compressed = pa.Codec("zstd", _LEVEL).compress(content, asbytes=True)
    return _HEADER.pack(form, len(content)) + bytes(compressed)


def _as_runs(rows: Rows) -> bytes:
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    starts = rows[np.concatenate(([0], breaks))]
    lengths = np.diff(np.concatenate(([0], breaks, [len(rows)])))
    gaps = starts - np.concatenate(([0], (starts + lengths)[:-1]))
    return np.concatenate((gaps, lengths)).astype("<u4").tobytes()


def _from_runs(content: bytes) -> Rows:
    gaps, lengths = np.frombuffer(content, "<u4").astype(np.int64).reshape(2, -1)
    if int(lengths.sum()) > _MOST_BYTES:
        raise ValueError("more rows than a part can have")
    ends = np.cumsum(gaps + lengths)
    # Each row is its place among the rows, and the gaps before it.
    rows: Rows = np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(ends - np.cumsum(lengths), lengths)
    return rows


def _as_bitmap(rows: Rows) -> bytes:
    bits = np.zeros((int(rows[-1]) // _BITS + 1) * _BITS, np.uint8)
    bits[rows] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def _from_bitmap(content: bytes) -> Rows:
    bits = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")
    return np.flatnonzero(bits).astype(np.int64, copy=False)


_FORMS: dict[int, Callable[[bytes], Rows]] = {_RUNS: _from_runs, _BITMAP: _from_bitmap}
