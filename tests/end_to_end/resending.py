"""Senders that send again what was not acknowledged, with the chunks that Fluentd and Fluent Bit were seen to send."""

import base64
import gzip
import hashlib
import itertools
import os
import threading
import time

import msgpack
import zstandard

from logstore.app.sender.chunks import make_chunk
from tests.end_to_end.packing import Sender, entries, event_time

EVENTS_IN_CHUNK = 20
PAUSE_S = 0.005
"""Between two chunks: leaves the machine to a server that starts."""


def fluentd_text(tag, events):
    """Fluentd's default: packed entries, a random id of 25 characters."""
    return make_chunk(tag, entries(events), len(events), os.urandom(16)).message


def fluentd_gzip(tag, events):
    """`compress gzip`."""
    return make_chunk(tag, entries(events), len(events), os.urandom(16), compress=True).message


def fluentd_zstd(tag, events):
    """`compress zstd`."""
    chunk_id = base64.b64encode(os.urandom(16)) + b"\n"
    payload = zstandard.compress(entries(events))
    return msgpack.packb([tag, payload, {"size": len(events), "compressed": "zstd", "chunk": chunk_id.decode()}])


def fluent_bit_forward(tag, events):
    """Fluent Bit's default: Forward mode, times with metadata, an id of 24 characters made of the content."""
    listed = _with_metadata(events)
    return msgpack.packb([tag, listed, _fluent_bit_options(b"".join(map(msgpack.packb, listed)), len(events))])


def fluent_bit_gzip(tag, events):
    """`compress gzip`: the id is of the content before compression."""
    content = b"".join(map(msgpack.packb, _with_metadata(events)))
    options = {**_fluent_bit_options(content, len(events)), "compressed": "gzip"}
    return msgpack.packb([tag, gzip.compress(content, mtime=0), options])


SHAPES = (fluentd_text, fluentd_gzip, fluentd_zstd, fluent_bit_forward, fluent_bit_gzip)


def _with_metadata(events):
    return [[[event_time(time_ns), {}], record] for time_ns, record in events]


def _fluent_bit_options(content, size):
    chunk_id = base64.b64encode(hashlib.sha256(content).digest()[:16]).decode()
    return {"chunk": chunk_id, "size": size, "fluent_signal": 0}


class PersistentSender(threading.Thread):
    """Sends numbered chunks one after the other: what is not acknowledged is sent again, the same bytes.

    Args:
        port: where to; may be changed while it runs.
        shapes: what makes messages of events, taken in turns.
        tag: of all of them.
    """

    def __init__(self, port, shapes=SHAPES, tag="crash"):
        super().__init__(daemon=True)
        self.port = port
        self.acknowledged = 0
        self.resent = 0
        self.done = threading.Event()
        self._shapes = shapes
        self._tag = tag

    def run(self):
        """Sends until `done` is set; the chunk at hand then is still delivered."""
        for number, shape in enumerate(itertools.cycle(self._shapes)):
            if self.done.is_set():
                return
            self._deliver(shape(self._tag, self._events(number)))
            self.acknowledged = number + 1
            self.done.wait(PAUSE_S)

    def finish(self):
        """Delivers the chunk at hand and ends; the number of events delivered."""
        self.done.set()
        self.join(30)
        assert not self.is_alive()
        return self.acknowledged * EVENTS_IN_CHUNK

    @staticmethod
    def _events(number):
        first = number * EVENTS_IN_CHUNK
        return [(time.time_ns(), {"n": first + offset, "pad": "x" * 200}) for offset in range(EVENTS_IN_CHUNK)]

    def _deliver(self, message):
        chunk_id = msgpack.unpackb(message)[-1]["chunk"]
        while True:
            try:
                with Sender(self.port, timeout_s=10) as sender:
                    sender.send(message)
                    assert sender.ack() == chunk_id
                    return
            except OSError:
                self.resent += 1
                time.sleep(0.02)


def check(server, chunks, *, exactly=False, tag="crash"):
    """Every event of the first `chunks` chunks is there once; perhaps one chunk more, unless `exactly`."""
    (row,) = server.ask(f"tag:{tag} | stats count(), exact_distinct(n) as kinds, min(n) as first, max(n) as last")
    at_least = chunks * EVENTS_IN_CHUNK
    assert row["count"] in ({at_least} if exactly else {at_least, at_least + EVENTS_IN_CHUNK})
    if row["count"]:
        assert (row["kinds"], row["first"], row["last"]) == (row["count"], 0, row["count"] - 1)
