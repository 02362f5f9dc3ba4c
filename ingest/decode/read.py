"""Reading the values of a payload: the library's fast reader, and the careful one from where that gives up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgpack

from ingest.decode.scan import scan_values
from ingest.decode.values import Ext

# The library allocates a container at the length that its header claims, up to a thousand of them within each other.
# At this length that is half a gigabyte of untouched memory; longer ones are rare, and left to the careful reader.
_MAX_CLAIMED_LENGTH = 2**16

# The library copies what it is fed. Smaller slices are more calls; larger ones are copied in vain when reading stops at
# the beginning of a large payload that holds no logs.
_SLICE_BYTES = 256 * 2**10


def read_values(data: bytes, offset: int, max_depth: int) -> Iterator[Any]:
    """The values of `data` from `offset` on (see `values`), with `scan.Malformed` in place of what cannot be read.

    Values nested deeper than `max_depth` may come out as they are or as `Malformed`: the caller measures again.
    """
    unpacker = msgpack.Unpacker(
        raw=False,
        unicode_errors="surrogateescape",
        object_pairs_hook=tuple,
        ext_hook=Ext,
        timestamp=0,
        strict_map_key=False,
        max_buffer_size=0,
        max_array_len=_MAX_CLAIMED_LENGTH,
        max_map_len=_MAX_CLAIMED_LENGTH,
    )
    start = offset
    try:
        for place in range(start, len(data), _SLICE_BYTES):
            unpacker.feed(memoryview(data)[place : place + _SLICE_BYTES])
            for value in unpacker:
                yield value
                offset = start + unpacker.tell()
    except (ValueError, OverflowError, MemoryError, msgpack.BufferFull):
        # The careful reader finds out what it was.
        pass
    yield from scan_values(data, offset, max_depth)
