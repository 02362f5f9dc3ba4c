"""Writing msgpack out of the values that decoding reads (see `ingest.decode.values`), and chunks out of entries."""

import struct

import msgpack
from msgpack import Timestamp

from ingest.decode.values import Ext
from logstore.model.chunk import Chunk, Compression, Entry, Mode

RECEIVED_NS = 1_800_000_000_000_000_007


def pack(value) -> bytes:
    """The msgpack of a value; maps are tuples of pairs, surrogates in text become the bytes they stand for."""
    packer = msgpack.Packer(unicode_errors="surrogateescape")
    match value:
        case Timestamp():
            return packer.pack(value)
        case Ext(code, data):
            return packer.pack_ext_type(code, data) or packer.bytes()
        case dict():
            return pack(tuple(value.items()))
        case tuple():
            head = packer.pack_map_header(len(value))
            return head + b"".join(pack(key) + pack(item) for key, item in value)
        case list():
            return packer.pack_array_header(len(value)) + b"".join(map(pack, value))
        case _:
            return packer.pack(value)


def event_time(seconds: int, nanoseconds: int = 0) -> Ext:
    """Fluentd's EventTime."""
    return Ext(0, struct.pack(">II", seconds, nanoseconds))


def packed(payload: bytes, **fields) -> Entry:
    """A PACKED chunk with this payload, as the log's only entry, seq 1000."""
    return entry(Mode.PACKED, payload, **fields)


def entry(mode: Mode, payload: bytes, *, seq: int = 1000, rows_bound: int = 0, tag: str = "app", **fields) -> Entry:
    """A chunk with this payload at its place in the log; its bound is never reached unless it is given."""
    chunk = Chunk(mode, payload, rows_bound or len(payload) + 1, RECEIVED_NS, tag=tag, **fields)
    return Entry(seq, chunk)


def entries_payload(events) -> bytes:
    """Concatenated entries."""
    return b"".join(map(pack, events))


__all__ = ["RECEIVED_NS", "Compression", "Mode", "entries_payload", "entry", "event_time", "pack", "packed"]
