"""How chunks are written on the wire, for us and for the peers: pure functions from a batch to what is sent.

An encoding gives *frames*: bytes to send, and how many events they hold. A frame of the forward protocol's packed modes
lacks its last element, the options, which the sender adds with an id of its own for each time that it sends the chunk.
"""

from __future__ import annotations

import gzip as gzip_codec
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgpack
import orjson
import pyarrow as pa

from benchmarks.workload import NS_PER_SECOND, Batch

Frame = tuple[bytes, int]
Encode = Callable[[Batch], Iterator[Frame]]

_EVENT_TIME = b"\x92\xd7\x00"
"""An array of two, whose first element is an EventTime: an extension of type 0 with 8 bytes."""
_ARRAY_OF_THREE = b"\x93"
_STR32 = b"\xdb"
# What HTTP clients of log shippers use: speed over size.
_HTTP_GZIP_LEVEL = 1


def packed(batch: Batch) -> Iterator[Frame]:
    """A PackedForward message as Fluentd writes it, the entries as str32, options left out."""
    yield _packed_message(batch, entries(batch)), len(batch.events)


def gzip(batch: Batch) -> Iterator[Frame]:
    """A CompressedPackedForward message; zlib's usual level, which is also Fluentd's."""
    yield _packed_message(batch, gzipped(entries(batch))), len(batch.events)


def message(batch: Batch) -> Iterator[Frame]:
    """A message for each event, as fluent-logger libraries send them: without an id."""
    head = _ARRAY_OF_THREE + msgpack.packb(batch.source.tag)
    for time_ns, record in batch.events:
        yield head + _event_time(time_ns)[1:] + msgpack.packb(record), 1


def json_lines(batch: Batch) -> Iterator[Frame]:
    """A line of JSON for each event, its time and tag among its fields."""
    yield b"".join(_lines(batch)), len(batch.events)


def json_posts(batch: Batch) -> Iterator[Frame]:
    """The tag, a line feed, then a line of JSON for each event: the sender takes the tag off and puts it elsewhere."""
    lines = (
        orjson.dumps({"time": _rfc3339(time_ns), **record}, option=orjson.OPT_APPEND_NEWLINE)
        for time_ns, record in batch.events
    )
    yield batch.source.tag.encode() + b"\n" + b"".join(lines), len(batch.events)


def json_lines_gzip(batch: Batch) -> Iterator[Frame]:
    """The same, compressed."""
    yield gzip_codec.compress(b"".join(_lines(batch)), _HTTP_GZIP_LEVEL, mtime=0), len(batch.events)


def loki_push(batch: Batch) -> Iterator[Frame]:
    """A push request in protobuf and snappy, as Promtail, Alloy and Fluent Bit send it: one stream, records as JSON."""
    labels = ", ".join(f'{name}="{value}"' for name, value in sorted(batch.source.labels.items()))
    entries = b"".join(_field(2, _entry_adapter(time_ns, record)) for time_ns, record in batch.events)
    request = _field(1, _field(1, f"{{{labels}}}".encode()) + entries)
    yield pa.compress(request, codec="snappy", asbytes=True), len(batch.events)


ENCODINGS: dict[str, Encode] = {
    encode.__name__: encode for encode in (packed, gzip, message, json_posts, json_lines, json_lines_gzip, loki_push)
}


def entries(batch: Batch) -> bytes:
    """The payload of a packed message: entries `[EventTime, record]`, one after the other."""
    pack = msgpack.Packer().pack
    return b"".join(_event_time(time_ns) + pack(record) for time_ns, record in batch.events)


def gzipped(payload: bytes) -> bytes:
    """As gzip."""
    deflate = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return deflate.compress(payload) + deflate.flush()


def json_bytes(batch: Batch) -> int:
    """Bytes of the records as JSON, a line each, without time and tag: the size that all are measured in."""
    return sum(len(orjson.dumps(record)) + 1 for _, record in batch.events)


def options(chunk_id: bytes, events: int, *, compressed: bool) -> bytes:
    """The last element of a packed message, as Fluentd writes it."""
    facts: dict[str, Any] = {
        "size": events,
        "compressed": "gzip" if compressed else "text",
        "chunk": chunk_id.decode(),
    }
    done: bytes = msgpack.packb(facts)
    return done


def _packed_message(batch: Batch, payload: bytes) -> bytes:
    tag: bytes = msgpack.packb(batch.source.tag)
    return _ARRAY_OF_THREE + tag + _STR32 + len(payload).to_bytes(4, "big") + payload


def _event_time(time_ns: int) -> bytes:
    seconds, nanoseconds = divmod(time_ns, NS_PER_SECOND)
    return _EVENT_TIME + seconds.to_bytes(4, "big") + nanoseconds.to_bytes(4, "big")


def _lines(batch: Batch) -> Iterator[bytes]:
    tag = batch.source.tag
    for time_ns, record in batch.events:
        yield orjson.dumps({"time": _rfc3339(time_ns), "tag": tag, **record}, option=orjson.OPT_APPEND_NEWLINE)


def _rfc3339(time_ns: int) -> str:
    seconds, nanoseconds = divmod(time_ns, NS_PER_SECOND)
    return f"{_date_and_time(seconds)}.{nanoseconds:09}Z"


@lru_cache(maxsize=4096)
def _date_and_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _entry_adapter(time_ns: int, record: dict[str, Any]) -> bytes:
    """Loki's EntryAdapter: a timestamp of seconds and nanoseconds, and a line."""
    seconds, nanoseconds = divmod(time_ns, NS_PER_SECOND)
    timestamp = b"\x08" + _varint(seconds) + b"\x10" + _varint(nanoseconds)
    return _field(1, timestamp) + _field(2, orjson.dumps(record))


def _field(number: int, content: bytes) -> bytes:
    """A protobuf field of bytes."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low_bits, more = 0x7F, 0x80
    done = bytearray()
    while value > low_bits:
        done.append(value & low_bits | more)
        value >>= 7
    done.append(value)
    return bytes(done)
