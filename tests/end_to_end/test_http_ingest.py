"""Events over HTTP, through sockets and processes."""

import gzip
import json
import random
import socket
import threading
import time

import msgpack
import zstandard

from tests.end_to_end.packing import NS, Sender, entries
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import Server, serving

ROUNDS = 3
EVENTS_IN_BODY = 20
NOON = 1_795_348_800


def test_posted_events_are_found(server):
    """At once, whatever they came in, with their own times and tags; the metrics count them."""
    events = [{"time": NOON + n, "message": f"event {n}", "level": "WARN", "k": {"n": n}} for n in range(5)]
    with Poster(server.http_port) as poster:
        bodies = [
            (lines(events), {}),
            (gzip.compress(lines(events)), {"Content_Encoding": "gzip"}),
            (zstandard.compress(lines(events)), {"Content_Encoding": "zstd"}),
            (json.dumps(events).encode(), {"content_type": "application/json"}),
            (b"".join(map(msgpack.packb, events)), {"content_type": "application/msgpack"}),
        ]
        for body, headers in bodies:
            assert poster.post(body, query="?tag=web", **headers) == (200, {"stored": 5, "rejected": 0})
    rows = server.ask("tag:web | sort time, _seq | fields time, level, message, k.n")
    assert rows == [
        {"time": f"2026-11-22T12:00:0{n}.000000000Z", "level": "warn", "message": f"event {n}", "k.n": n}
        for n in range(5)
        for _ in bodies
    ]
    assert server.metric("logstore_http_ingest_events_total") == 25


def test_what_is_exported_can_be_posted_again(server, tmp_path):
    """`logstore query --format jsonl`, posted to another server, gives the same events back."""
    records = [
        {
            "message": 'say "hi"\n',
            "level": "error",
            "n": 2**63,
            "x": 1.0,
            "ok": True,
            "nested": {"a": [1, {"b": None}]},
        },
        {
            "log": "\u00e9\U0001f600\x01",
            "level": "loud",
            "severity": "info",
            "time": "5 s",
            "tag": 7,
            "dots.in": {"k": -5},
        },
        {"n": "text", "x": -0.5, "empty": {}, "list": [], "big": 1e300, "level": 30},
    ]
    with Sender(server.forward_port) as sender:
        for number, record in enumerate(records):
            sender.send(msgpack.packb([f"app.{number}", entries([(NS + number, record)])]))
    exported = b"".join(json.dumps(row).encode() + b"\n" for row in wait_for_rows(server, len(records)))
    with serving(tmp_path / "copy") as copy:
        with Poster(copy.http_port) as poster:
            assert poster.post(exported) == (200, {"stored": len(records), "rejected": 0})
        assert copy.ask("*") == server.ask("*")


def wait_for_rows(server, count):
    """All rows, once there are so many."""
    end = time.monotonic() + 20
    while len(rows := server.ask("*")) < count:
        assert time.monotonic() < end
    return rows


def test_hostile_bodies_do_no_harm(fresh_server):
    """Bombs, garbage and bodies that are never ended are answered or given up, and the server goes on."""
    bomb = gzip.compress(bytes(300 * 2**20), 9)
    with Poster(fresh_server.http_port) as poster:
        status, told = poster.post(bomb, Content_Encoding="gzip")
        assert (status, told["reasons"]) == (400, {"decompressed data is too large": 1})
        status, told = poster.post(b"[" * 1_000_000)
        assert (status, told["stored"]) == (400, 0)
        status, told = poster.post(b"x\n" * 200_000)
        assert (status, len(told["rejections"])) == (400, 100)
        assert poster.post(b'{"a":1}\n' + b"\x00" * 1000)[1]["stored"] == 1
    half = b"POST /api/v1/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}"
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", fresh_server.http_port)) as connection:
            connection.sendall(half)
    with Poster(fresh_server.http_port) as poster:
        assert poster.post(b'{"a":2}')[0] == 200
    assert fresh_server.ask("* | count") == [{"count": 2}]
    assert fresh_server.resident_bytes() < 2**30


class PersistentPoster(threading.Thread):
    """Posts numbered bodies, each until it is answered, with the same key and the same bytes."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.answered = 0
        self.duplicates = 0
        self.done = threading.Event()

    def run(self):
        """Posts until `done` is set; the body at hand then is still delivered."""
        while not self.done.is_set():
            first = self.answered * EVENTS_IN_BODY
            body = lines([{"n": first + offset, "pad": "x" * 200} for offset in range(EVENTS_IN_BODY)])
            self._deliver(gzip.compress(body, mtime=0) if self.answered % 3 == 0 else body)
            self.answered += 1

    def _deliver(self, body):
        headers = {"Content_Encoding": "gzip"} if body[:1] == b"\x1f" else {}
        while True:
            try:
                with Poster(self.port, timeout_s=10) as poster:
                    status, told = poster.post(
                        body, query="?tag=crash", Idempotency_Key=f"body-{self.answered}", **headers
                    )
            except OSError:
                time.sleep(0.02)
                continue
            if status == 200:
                self.duplicates += told.get("duplicate", False)
                assert told.get("stored", EVENTS_IN_BODY) == EVENTS_IN_BODY
                return


def test_bodies_with_a_key_are_stored_exactly_once_whatever_is_killed(tmp_path):
    """Kill -9 at any moment, and every body is sent again until it is answered: nothing is missing or there twice."""
    rng = random.Random(7)
    config = "[storage]\nseal_age_s = 0.3\n"
    server = Server(tmp_path / "data", config=config)
    poster = PersistentPoster(server.http_port)
    poster.start()
    for _ in range(ROUNDS):
        time.sleep(rng.uniform(0.3, 1.2))
        server.process.kill()
        server.process.wait()
        server = Server(tmp_path / "data", config=config)
        poster.port = server.http_port
    poster.done.set()
    poster.join(30)
    assert not poster.is_alive()
    assert poster.answered > ROUNDS
    count = poster.answered * EVENTS_IN_BODY
    (row,) = server.ask("tag:crash | stats count(), exact_distinct(n) as kinds, max(n) as last")
    assert row == {"count": count, "kinds": count, "last": count - 1}
    body = lines([{"n": 20 + offset, "pad": "x" * 200} for offset in range(EVENTS_IN_BODY)])
    with Poster(server.http_port) as again:
        assert again.post(body, query="?tag=crash", Idempotency_Key="body-1")[1]["duplicate"]
    assert server.stop() == 0
