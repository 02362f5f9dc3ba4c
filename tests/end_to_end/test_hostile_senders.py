"""Senders that mean harm, or behave as if: a real server keeps its memory, closes what it must and serves the others.

Bounds are generous: they are some times what is measured, and a small part of what the attack asks for.
"""

import contextlib
import gzip
import re
import socket
import time

import msgpack
import pytest

from tests.end_to_end.packing import NS, Sender, chunk, entries
from tests.end_to_end.processes import serving, wait_until

MIB = 1 << 20
CONFIG = """
[forward]
ack_timeout_s = 1
message_timeout_s = 1
max_unfinished_bytes = 33554432
[decode]
max_inflated_bytes = 33554432
"""


@pytest.fixture
def server(tmp_path):
    """A server with short deadlines that has served a sender already, so that its memory has settled.

    A fork would share memory with others, and give back what it frees in another way.
    """
    with serving(tmp_path / "data", config=CONFIG, fresh=True) as one:
        is_served(one)
        yield one


def is_served(server):
    """Sends a chunk on a new connection and has it acknowledged within a moment."""
    start = time.monotonic()
    with Sender(server.forward_port) as sender:
        sender.send(chunk("t", [(n * NS, {"n": n}) for n in range(1, 100)]).message)
        sender.ack()
    assert time.monotonic() - start < 10


def counted(server, name):
    """The values of a metric, by label, or under the empty label."""
    text = server.get("/metrics").decode()
    return {
        label or "": float(value)
        for label, value in re.findall(rf'^{name}(?:{{\w+="(.*)"}})? (\S+)$', text, re.MULTILINE)
    }


def open_connections(server):
    """How many connections of senders the server has."""
    return server.metric("logstore_ingest_connections_open")


def connect(server):
    """A plain connection."""
    return socket.create_connection(("127.0.0.1", server.forward_port), 30)


@contextlib.contextmanager
def memory_grows_by_less_than(server, limit):
    """What happens meanwhile does not cost the server more, also not for a moment (as often as one looks)."""
    before = server.resident_bytes()
    peak = [before]
    yield lambda: peak.append(server.resident_bytes())
    peak.append(server.resident_bytes())
    assert max(peak) - before < limit, f"{(max(peak) - before) / MIB:.0f} MiB"


def packed(body, **option):
    """A PackedForward message."""
    return msgpack.packb(["t", body, option])


def test_five_byte_claims_allocate_nothing(server):
    """Headers that claim four billion elements, alone, in a message, in a record and in a payload."""
    claims = [b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xdd\x00\xff\xff\xff"]
    starts = [b"", b"\x93\xa1t", b"\x93\xa1t\x01", b"\x93\xa1t\x01\x81\xa1k", b"\x93\xa1t\x91"]
    with memory_grows_by_less_than(server, 40 * MIB) as look, contextlib.ExitStack() as stack:
        for number in range(400):
            sock = stack.enter_context(connect(server))
            with contextlib.suppress(ConnectionError):
                sock.sendall(starts[number % 5] + claims[number // 5 % 4])
        is_served(server)
        look()
        with Sender(server.forward_port) as sender:
            for number in range(100):
                body = entries([(NS, {"n": 1})]) + b"\x92\x01" + claims[number % 4]
                sender.send(packed(body, chunk=f"{number:024}"))
                assert sender.ack() == f"{number:024}"
        server.ask("* | count")


def test_decompression_bombs_are_bounded(server):
    """A thousand members of ten megabytes, in ten megabytes: inflated to the limit and not beyond, again and again."""
    bomb = gzip.compress(bytes(10_000_000), 9) * 1000
    with memory_grows_by_less_than(server, 260 * MIB) as look, Sender(server.forward_port) as sender:
        for number in range(3):
            sender.send(packed(bomb, chunk=f"{number:024}", compressed="gzip"))
            assert sender.ack() == f"{number:024}"
            assert server.ask("* | count")
            look()
    assert counted(server, "logstore_rejected_events_total") == {"decompressed data is too large": 3}
    is_served(server)


def test_chunks_that_inflate_are_not_decoded_all_at_once(server):
    """Hundreds of bytes each, and each of them a hundred megabytes of long tags: one after the other, and none lost."""
    rows = 30_000
    body = gzip.compress(entries([(NS, {"n": 1})]) * rows)
    odd = msgpack.packb(["m", 1, {"v": b"\xff"}])
    with memory_grows_by_less_than(server, 1400 * MIB) as look, Sender(server.forward_port, 120) as sender:
        for number in range(12):
            tag = "t" * 4096
            sender.send(odd + msgpack.packb([tag, body, {"chunk": f"{number:024}", "compressed": "gzip"}]))
        for number in range(12):
            assert sender.ack() == f"{number:024}"
            look()
        assert server.ask("tag:tt* | count") == [{"count": 12 * rows}]
        look()
    is_served(server)


def test_half_messages_are_bounded_and_end(server):
    """A hundred halves of messages of 48 MiB, five gigabytes in all: not read beyond the mark, then cut."""
    start = b"\x93\xa1t\xc6\x03\x00\x00\x00"
    with memory_grows_by_less_than(server, 512 * MIB) as look, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(server)) for _ in range(100)]
        for sock in socks:
            sock.setblocking(False)  # noqa: FBT003
            with contextlib.suppress(OSError):
                sock.send(start + bytes(2 * MIB))
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            for sock in socks:
                with contextlib.suppress(OSError):
                    sock.send(bytes(256 * 1024))
            look()
        is_served(server)
        wait_until(lambda: counted(server, "logstore_ingest_connections_cut_total"), "one is cut")
    assert set(counted(server, "logstore_ingest_connections_cut_total")) == {"message took too long"}
    wait_until(lambda: open_connections(server) == 0, "all are gone")


def test_a_slow_loris_is_cut_and_an_idle_sender_is_not(server):
    """A byte now and then does not keep half a message alive."""
    with connect(server) as loris, Sender(server.forward_port) as idle:
        wire = chunk("t", [(NS, {"n": 1})]).message
        with contextlib.suppress(ConnectionError):
            for at in range(60):
                loris.sendall(wire[at : at + 1])
                time.sleep(0.05)
        cut = counted(server, "logstore_ingest_connections_cut_total")
        assert cut == {"message took too long": 1}
        idle.send(wire)
        idle.ack()


def test_a_sender_that_never_reads_is_cut(server):
    """Its acks pile up to a mark, then it is not read, then it is closed."""
    with memory_grows_by_less_than(server, 60 * MIB) as look, connect(server) as deaf:
        wire = b"".join(msgpack.packb(["t", [], {"chunk": f"{n:0240}"}]) for n in range(1000))
        with contextlib.suppress(ConnectionError):
            while True:
                deaf.sendall(wire)
                look()
    assert counted(server, "logstore_ingest_connections_cut_total") == {"acks are not read": 1}
    is_served(server)


def test_one_byte_writers_are_served(server):
    """Each byte a packet of its own, from several senders in turns, in both codecs."""
    wires = [
        chunk("t", [(NS, {"n": 1, "text": "x" * 300})]).message,
        b'["t",1700000000.5,{"n":2,"text":"\\"]"},{"chunk":"json"}]',
    ]
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(server)) for _ in wires]
        for sock in socks:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(max(map(len, wires))):
            for sock, wire in zip(socks, wires, strict=True):
                sock.sendall(wire[at : at + 1])
        answers = [sock.recv(512) for sock in socks]
    assert answers[0].startswith(b"\x81\xa3ack")
    assert answers[1] == b'{"ack":"json"}'


def test_json_floods_are_bounded(server):
    """Brackets, numbers and strings without end, and messages of a million empty arrays."""
    floods = [b"[" * MIB, b'["t",1,{"k":"' + b"x" * 8 * MIB, b'["t",1,{"k":' + b"9" * 8 * MIB, b" " * MIB + b"["]
    dense = b'["t",1,{"k":[' + b"[]," * (MIB // 4) + b"1]}]"
    with memory_grows_by_less_than(server, 400 * MIB) as look:
        for flood in floods:
            with connect(server) as sock, contextlib.suppress(ConnectionError):
                sock.sendall(b'["t",1,{}]' + flood)
        with connect(server) as sock:
            sock.sendall(dense * 3 + b'["t",1,{},{"chunk":"x"}]')
            assert sock.recv(512) == b'{"ack":"x"}'
        look()
    is_served(server)


def test_five_hundred_idle_connections_and_ten_thousand_heartbeats(server):
    """They cost little, leave nothing, and are no news: not a line is logged."""
    said = server.said
    with memory_grows_by_less_than(server, 60 * MIB), contextlib.ExitStack() as stack:
        idle = [stack.enter_context(Sender(server.forward_port)) for _ in range(500)]
        for _ in range(10_000):
            connect(server).close()
        wait_until(lambda: server.metric("logstore_ingest_probes_total") == 10_000, "all heartbeats were counted")
        assert open_connections(server) == 500
        for number, sender in enumerate(idle):
            sender.send(packed(entries([(NS, {"n": number})]), chunk=f"{number:024}"))
        assert [sender.ack() for sender in idle] == [f"{number:024}" for number in range(500)]
    wait_until(lambda: open_connections(server) == 0, "all are gone")
    assert server.said == said
