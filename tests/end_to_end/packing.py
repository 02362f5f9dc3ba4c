"""Bytes of the forward protocol, made by hand."""

import gzip
import os
import socket
import struct

import msgpack

from logstore.app.sender.chunks import make_chunk

NS = 1_000_000_000


def event_time(time_ns):
    """A time to the nanosecond, as msgpack writes it."""
    return msgpack.ExtType(0, struct.pack(">II", *divmod(time_ns, NS)))


def entries(events):
    """Packed entries of (time_ns, record) pairs."""
    return b"".join(msgpack.packb([event_time(time_ns), record]) for time_ns, record in events)


def chunk(tag, events, *, compress=False):
    """A PackedForward chunk with an id to acknowledge."""
    return make_chunk(tag, entries(events), len(events), os.urandom(16), compress=compress)


def message(tag, time_ns, record, chunk_id=None):
    """A Message-mode message."""
    options = [] if chunk_id is None else [{"chunk": chunk_id}]
    return msgpack.packb([tag, event_time(time_ns), record, *options])


def forward(tag, events, chunk_id):
    """A Forward-mode message."""
    return msgpack.packb([tag, [[event_time(time_ns), record] for time_ns, record in events], {"chunk": chunk_id}])


def many_members(tag, events, chunk_id):
    """A compressed chunk with a gzip member for each event."""
    members = b"".join(gzip.compress(entries([event])) for event in events)
    return msgpack.packb([tag, members, {"chunk": chunk_id, "compressed": "gzip"}])


class Sender:
    """A connection to a forward listener."""

    def __init__(self, port, timeout_s=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._unpacker = msgpack.Unpacker(raw=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends bytes."""
        self.socket.sendall(data)

    def ack(self):
        """The next acknowledged chunk id."""
        while True:
            for answer in self._unpacker:
                return answer["ack"]
            data = self.socket.recv(65_536)
            if not data:
                raise ConnectionError("closed before the acknowledgement")
            self._unpacker.feed(data)
