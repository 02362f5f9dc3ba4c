"""kill -9 while a sender with acknowledgements goes on."""

import os
import random
import threading
import time

from logstore.app.sender.chunks import make_chunk
from tests.end_to_end.packing import Sender, entries
from tests.end_to_end.processes import Server

ROUNDS = 5
EVENTS_IN_CHUNK = 20


class PersistentSender(threading.Thread):
    """Sends numbered chunks one after the other, as Fluentd does: what is not acknowledged is sent again, same id."""

    def __init__(self):
        super().__init__(daemon=True)
        self.port = None
        self.acknowledged = 0
        self.done = threading.Event()

    def run(self):
        """Sends until `done` is set; the chunk at hand then is still delivered."""
        number = 0
        while not self.done.is_set():
            self._deliver(self._chunk(number))
            number += 1
            self.acknowledged = number

    @staticmethod
    def _chunk(number):
        events = [
            (time.time_ns(), {"n": number * EVENTS_IN_CHUNK + offset, "pad": "x" * 200})
            for offset in range(EVENTS_IN_CHUNK)
        ]
        return make_chunk("crash", entries(events), EVENTS_IN_CHUNK, os.urandom(16), compress=number % 3 == 0)

    def _deliver(self, chunk):
        while True:
            try:
                with Sender(self.port, timeout_s=10) as sender:
                    while True:
                        sender.send(chunk.message)
                        if sender.ack().encode() == chunk.chunk_id:
                            return
            except OSError:
                time.sleep(0.02)


def test_what_was_acknowledged_is_there_exactly_once_after_each_kill(tmp_path):
    """No event is missing and none is there twice, whenever the server was killed, also in the middle of seals."""
    rng = random.Random(5)
    config = "[storage]\nseal_age_s = 0.3\n"
    sender = PersistentSender()
    server = Server(tmp_path / "data", config=config)
    sender.port = server.forward_port
    sender.start()
    for _ in range(ROUNDS):
        time.sleep(rng.uniform(0.3, 1.5))
        server.process.kill()
        server.process.wait()
        acknowledged = sender.acknowledged
        server = Server(tmp_path / "data", config=config)
        check(server, acknowledged)
        sender.port = server.forward_port
    sender.done.set()
    sender.join(30)
    assert not sender.is_alive()
    check(server, sender.acknowledged, exactly=True)
    assert sender.acknowledged > ROUNDS
    assert server.stop() == 0
    with_parts = Server(tmp_path / "data")
    check(with_parts, sender.acknowledged, exactly=True)
    assert with_parts.stop() == 0


def check(server, chunks, *, exactly=False):
    """Every event of the first `chunks` chunks is there once; perhaps one chunk more, unless `exactly`."""
    (row,) = server.ask("tag:crash | stats count(), exact_distinct(n) as kinds, min(n) as first, max(n) as last")
    at_least = chunks * EVENTS_IN_CHUNK
    assert row["count"] in ({at_least} if exactly else {at_least, at_least + EVENTS_IN_CHUNK})
    if row["count"]:
        assert (row["kinds"], row["first"], row["last"]) == (row["count"], 0, row["count"] - 1)
