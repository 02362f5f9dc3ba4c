"""Bytes of the write-ahead log. `docs/storage-format.md` draws them; this module is their only reader and writer.

A segment is a header and entries. Each entry repeats the segment's random salt beside its magic, so that neither an old
entry on a reused disk block nor one that a sender hid in a payload is ever taken for an entry of this segment.
The head of an entry (all but the payload) and the payload have checksums of their own: when only the payload is
damaged, the place of the next entry is still known for certain.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from crc32c import crc32c

from logstore.errors import CorruptionError
from logstore.model.chunk import Chunk, Compression, Entry, Mode, chunk_key

VERSION = 1

_SEGMENT_MAGIC = b"LSWL"
_ENTRY_MAGIC = b"LSWE"
_NO_SEGMENT = 2**64 - 1

# Magic, version, three bytes of padding, salt, first seq, previous segment, end of its good bytes; then the CRC.
_HEADER = struct.Struct("<4sB3xIQQQ")
_CRC = struct.Struct("<I")
HEADER_BYTES = _HEADER.size + _CRC.size

# Magic, salt, bytes of the meta block, bytes of the payload; then the CRC of these and the meta block.
_PREFIX = struct.Struct("<4sIII")
PREFIX_BYTES = _PREFIX.size + _CRC.size

# Version, mode, compression, flags; seq, rows bound, receive time, settings, connection, ordinal; CRC of the payload;
# lengths of wire tag, tag, tenant, listener, peer, chunk id, options, source host, tag rule.
_META = struct.Struct("<BBBBQQqQQQIIIIIIIIII")
# Before entries had a source host and a tag rule. Which of the two a meta block is its length tells.
_SHORT_META = struct.Struct("<BBBBQQqQQQIIIIIIII")
# Of a meta block, before the lengths of its texts.
_NUMBERS = 11
_HAS_CHUNK_ID, _REPEAT = 1, 2

_REMEDY = "start the version of Logstore that wrote this directory"

SALT_BITS = 32
MAX_PAYLOAD_BYTES = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log: the segment (by its first sequence number) and a byte offset in it."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What a segment says of itself.

    Attributes:
        first_seq: no entry in it has a smaller sequence number. Names the segment.
        salt: stands in each of its entries.
        previous: where the log ended when this segment began. Whatever lies between there and this segment was
            never acknowledged and is void. None when nothing before it counts.
    """

    first_seq: int
    salt: int
    previous: Position | None


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry of the log, with the CRC-32C of its payload."""

    entry: Entry
    payload_crc: int

    @property
    def key(self) -> bytes | None:
        """The key under which the chunk is remembered; None when it has no id."""
        chunk = self.entry.chunk
        if chunk.chunk_id is None:
            return None
        return chunk_key(chunk.tenant, chunk.wire_tag, chunk.chunk_id, len(chunk.payload), self.payload_crc)


@dataclass(frozen=True, slots=True)
class Record:
    """An entry made ready for the log: all of it that does not depend on the segment it comes to stand in."""

    logged: LoggedEntry
    meta: bytes


@dataclass(frozen=True, slots=True)
class EntryHead:
    """The checked head of an entry in a segment: where its parts lie."""

    meta_start: int
    payload_start: int
    end: int


def encode_header(header: SegmentHeader) -> bytes:
    """The bytes of a segment's header."""
    previous = header.previous or Position(_NO_SEGMENT, 0)
    fields = _HEADER.pack(_SEGMENT_MAGIC, VERSION, header.salt, header.first_seq, previous.segment, previous.offset)
    return fields + _CRC.pack(crc32c(fields))


def decode_header(data: bytes, path: str) -> SegmentHeader | None:
    """The header at the start of a segment; None when it is cut short or damaged.

    Raises:
        CorruptionError: it was written by a newer version of Logstore.
    """
    if len(data) < HEADER_BYTES:
        return None
    magic, version, salt, first_seq, segment, offset = _HEADER.unpack_from(data)
    (crc,) = _CRC.unpack_from(data, _HEADER.size)
    if magic != _SEGMENT_MAGIC or crc != crc32c(data[: _HEADER.size]):
        return None
    _require_version(version, path, 0)
    return SegmentHeader(first_seq, salt, None if segment == _NO_SEGMENT else Position(segment, offset))


def make_record(seq: int, chunk: Chunk) -> Record:
    """A chunk made ready for the log.

    Raises:
        ValueError: a field is larger than the format can hold, or `rows_bound` is not positive.
    """
    if chunk.rows_bound < 1 or len(chunk.payload) > MAX_PAYLOAD_BYTES:
        raise ValueError("a chunk must have a positive rows_bound, and a payload below 4 GiB")
    return Record(LoggedEntry(Entry(seq, chunk), chunk.payload_crc), _encode_meta(seq, chunk, chunk.payload_crc))


def encode_head(record: Record, salt: int) -> bytes:
    """The head of an entry; its payload follows on disk."""
    prefix = _PREFIX.pack(_ENTRY_MAGIC, salt, len(record.meta), len(record.logged.entry.chunk.payload))
    return b"".join((prefix, _CRC.pack(crc32c(record.meta, crc32c(prefix))), record.meta))


def _encode_meta(seq: int, chunk: Chunk, payload_crc: int) -> bytes:
    texts = (
        chunk.wire_tag,
        chunk.tag.encode(),
        chunk.tenant.encode(),
        chunk.listener.encode(),
        chunk.peer.encode(),
        chunk.chunk_id or b"",
        chunk.options,
        chunk.source_host.encode(),
        chunk.tag_rule.encode(),
    )
    flags = (_HAS_CHUNK_ID if chunk.chunk_id is not None else 0) | (_REPEAT if chunk.repeat else 0)
    try:
        fixed = _META.pack(
            VERSION,
            chunk.mode,
            chunk.compression,
            flags,
            seq,
            chunk.rows_bound,
            chunk.received_ns,
            chunk.settings,
            chunk.connection,
            chunk.ordinal,
            payload_crc,
            *map(len, texts),
        )
    except struct.error as error:
        raise ValueError(f"the chunk does not fit into a log entry: {error}") from error
    return b"".join((fixed, *texts))


def decode_head(data: bytes, start: int, limit: int, salt: int) -> EntryHead | None:
    """The head of the entry at `start`; None when the bytes up to `limit` hold no undamaged head there."""
    meta_start = start + PREFIX_BYTES
    if meta_start > limit:
        return None
    magic, found_salt, meta_bytes, payload_bytes = _PREFIX.unpack_from(data, start)
    payload_start = meta_start + meta_bytes
    if magic != _ENTRY_MAGIC or found_salt != salt or meta_bytes < _SHORT_META.size or payload_start > limit:
        return None
    (crc,) = _CRC.unpack_from(data, start + _PREFIX.size)
    view = memoryview(data)
    if crc != crc32c(view[meta_start:payload_start], crc32c(view[start : start + _PREFIX.size])):
        return None
    return EntryHead(meta_start, payload_start, payload_start + payload_bytes)


def decode_entry(data: bytes, head: EntryHead, path: str) -> LoggedEntry | None:
    """The entry with this head; None when its payload is damaged.

    Raises:
        CorruptionError: it was written by a newer version of Logstore.
    """
    payload = data[head.payload_start : head.end]
    _require_version(data[head.meta_start], path, head.meta_start)
    texts_start, (
        _, mode, compression, flags, seq, rows_bound, received_ns, settings, connection, ordinal, crc, *lengths
    ) = _unpack_meta(data, head, path)  # fmt: skip
    if len(payload) != head.end - head.payload_start or crc32c(payload) != crc:
        return None
    texts = _split(data, texts_start, lengths)
    wire_tag, tag, tenant, listener, peer, chunk_id, options, source_host, tag_rule = *texts, *[b""] * (9 - len(texts))
    chunk = Chunk(
        mode=Mode(mode),
        payload=payload,
        rows_bound=rows_bound,
        received_ns=received_ns,
        compression=Compression(compression),
        wire_tag=wire_tag,
        tag=tag.decode(),
        tenant=tenant.decode(),
        listener=listener.decode(),
        peer=peer.decode(),
        connection=connection,
        ordinal=ordinal,
        chunk_id=chunk_id if flags & _HAS_CHUNK_ID else None,
        options=options,
        repeat=bool(flags & _REPEAT),
        settings=settings,
        source_host=source_host.decode(),
        tag_rule=tag_rule.decode(),
    )
    return LoggedEntry(Entry(seq, chunk), crc)


def next_entry(data: bytes, start: int, limit: int, salt: int) -> int:
    """Start of the first undamaged head at or after `start`; `limit` when there is none."""
    pattern = _ENTRY_MAGIC + _CRC.pack(salt)
    found = data.find(pattern, start, limit)
    while found >= 0 and decode_head(data, found, limit, salt) is None:
        found = data.find(pattern, found + 1, limit)
    return found if found >= 0 else limit


def _unpack_meta(data: bytes, head: EntryHead, path: str) -> tuple[int, tuple[int, ...]]:
    """Where the texts of a meta block start, and the numbers before them."""
    for layout in (_META, _SHORT_META):
        start = head.meta_start + layout.size
        if start <= head.payload_start:
            numbers = layout.unpack_from(data, head.meta_start)
            if start + sum(numbers[_NUMBERS:]) == head.payload_start:
                return start, numbers
    raise CorruptionError("a log entry of a layout that is unknown", path, head.meta_start, _REMEDY)


def _split(data: bytes, start: int, lengths: list[int]) -> list[bytes]:
    pieces = []
    for length in lengths:
        pieces.append(data[start : start + length])
        start += length
    return pieces


def _require_version(version: int, path: str, offset: int) -> None:
    if version != VERSION:
        raise CorruptionError(
            f"log version {version} is unknown, this is version {VERSION}",
            path,
            offset,
            _REMEDY,
        )
