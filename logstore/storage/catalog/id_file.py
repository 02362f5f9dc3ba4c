"""The file of a generation's chunk ids: fixed records, sorted by key. The docs draw the format."""

from __future__ import annotations

import bisect
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from crc32c import crc32c

from logstore.errors import CorruptionError
from logstore.storage.catalog.key_filter import Keys

VERSION = 1

_MAGIC = b"LSCI"

# Magic, version, three bytes of padding, generation, records; CRC-32C of all records, then CRC of the header itself.
_HEADER = struct.Struct("<4sB3xQQI")
_CRC = struct.Struct("<I")
HEADER_BYTES = _HEADER.size + _CRC.size

KEY_BYTES = 16
_RECORD = struct.Struct("<16sQQ")


@dataclass(frozen=True, slots=True)
class ChunkOrigin:
    """Where a stored chunk came from: the number of its connection, and its ordinal there."""

    connection: int
    ordinal: int


def encode_ids(generation: int, origins: Iterable[tuple[bytes, ChunkOrigin]]) -> tuple[bytes, bytes]:
    """The header and the records of a file, of keys that are all different, in any order."""
    packed = (_RECORD.pack(key, origin.connection, origin.ordinal) for key, origin in sorted(origins, key=_key))
    records = b"".join(packed)
    header = _HEADER.pack(_MAGIC, VERSION, generation, len(records) // _RECORD.size, crc32c(records))
    return header + _CRC.pack(crc32c(header)), records


def check_ids(content: memoryview, path: str) -> None:
    """Checks a whole file.

    Raises:
        CorruptionError: it is damaged, or of a newer version.
    """
    if len(content) < HEADER_BYTES:
        raise CorruptionError("the file is cut short", path)
    magic, version, _, count, crc = _HEADER.unpack_from(content)
    (header_crc,) = _CRC.unpack_from(content, _HEADER.size)
    if magic != _MAGIC or header_crc != crc32c(content[: _HEADER.size]):
        raise CorruptionError("the header is damaged", path)
    if version != VERSION:
        raise CorruptionError(f"chunk-id version {version} is unknown, this is version {VERSION}", path)
    records = content[HEADER_BYTES:]
    if len(records) != count * _RECORD.size or crc32c(records) != crc:
        raise CorruptionError("the records are damaged", path, HEADER_BYTES)


def find_id(content: memoryview, key: bytes) -> ChunkOrigin | None:
    """The origin recorded for `key` in a file that was checked."""

    def key_at(place: int) -> bytes:
        start = HEADER_BYTES + place * _RECORD.size
        return bytes(content[start : start + KEY_BYTES])

    count = (len(content) - HEADER_BYTES) // _RECORD.size
    place = bisect.bisect_left(range(count), key, key=key_at)
    if place == count or key_at(place) != key:
        return None
    _, connection, ordinal = _RECORD.unpack_from(content, HEADER_BYTES + place * _RECORD.size)
    return ChunkOrigin(connection, ordinal)


def all_keys(content: memoryview) -> Keys:
    """The keys of a file that was checked."""
    words = np.frombuffer(content, "<u8", offset=HEADER_BYTES).reshape(-1, _RECORD.size // 8)
    return words[:, : KEY_BYTES // 8].astype(np.uint64)


def _key(origin: tuple[bytes, ChunkOrigin]) -> bytes:
    return origin[0]
