"""Messages as senders write them, and a few ways to write the same value differently."""

from __future__ import annotations

import gzip
import struct

import msgpack

from ingest.forward.connection import ForwardConnection
from ingest.forward.events import NEED_DATA, Event
from ingest.forward.limits import Limits

FLUENTD_ID = "Zg4pjgy1CrKZCRkggSCk9w==\n"
EVENT_TIME = msgpack.ExtType(0, struct.pack(">II", 1_700_000_000, 123))

pack = msgpack.packb


def entries(count: int = 3) -> list[list[object]]:
    """Entries as Fluentd makes them."""
    return [[EVENT_TIME, {"message": f"line {i}", "n": i}] for i in range(count)]


def packed(count: int = 3) -> bytes:
    """The same entries, concatenated."""
    return b"".join(pack(entry) for entry in entries(count))


def message(option: object = ...) -> bytes:
    """A Message-mode message."""
    return pack(["app.web", 1_700_000_000, {"message": "hello"}, *([] if option is ... else [option])])


def forward(option: object = ..., tag: str = "app.web") -> bytes:
    """A Forward-mode message."""
    return pack([tag, entries(), *([] if option is ... else [option])])


def packed_forward(option: object = ..., payload: bytes | None = None, tag: object = "app.web") -> bytes:
    """A PackedForward message, plain or compressed."""
    return pack([tag, packed() if payload is None else payload, *([] if option is ... else [option])])


def fluentd(payload: bytes, option: dict[str, object]) -> bytes:
    """A message as Fluentd's out_forward writes it: the entries as str32, though they are binary."""
    return b"\x93" + pack("app.web") + b"\xdb" + struct.pack(">I", len(payload)) + payload + pack(option)


def members(count: int = 3) -> bytes:
    """Entries in gzip, one member each, as Fluentd's buffer makes them."""
    return b"".join(gzip.compress(pack(entry), mtime=0) for entry in entries(count))


def drain(connection: ForwardConnection) -> list[Event]:
    """All that there is to report now."""
    events = []
    while (event := connection.next_event()) is not NEED_DATA:
        events.append(event)
    return events


def events_of(*reads: bytes, limits: Limits | None = None) -> list[Event]:
    """What a connection reports over these reads; an empty one is the end of the stream."""
    connection = ForwardConnection(limits or Limits())
    events = []
    for data in reads:
        connection.receive_data(data)
        events += drain(connection)
    return events


def one_by_one(data: bytes) -> list[bytes]:
    """The same bytes, each in a read of its own."""
    return [data[i : i + 1] for i in range(len(data))]


def text_forms(value: bytes) -> list[bytes]:
    """A text in every encoding that msgpack has for it, of either family."""
    size = len(value)
    heads = [
        bytes([0xA0 | size]) if size < 32 else b"",
        b"\xd9" + struct.pack(">B", size) if size < 256 else b"",
        b"\xda" + struct.pack(">H", size),
        b"\xdb" + struct.pack(">I", size),
        b"\xc4" + struct.pack(">B", size) if size < 256 else b"",
        b"\xc5" + struct.pack(">H", size),
        b"\xc6" + struct.pack(">I", size),
    ]
    return [head + value for head in heads if head]
