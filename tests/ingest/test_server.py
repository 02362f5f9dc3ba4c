"""The listener over real sockets, on both event loops."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from pathlib import Path

import pytest

from ingest.server import ListenError
from ingest.settings import TcpListener, UnixListener
from ingest.sink import Origin
from logstore.clock import SystemClock
from logstore.model.chunk import Mode
from tests.ingest.fake_sink import FakeSink
from tests.ingest.forward.wire_samples import FLUENTD_ID, forward, message, one_by_one, packed, packed_forward
from tests.ingest.senders import PLAIN, listening, until

FLB_ID = "c29tZSAxNiBieXRlcyBoZXJl"


async def test_a_chunk_is_stored_and_acked():
    """A chunk reaches the store with all that is known of it, and its ack comes back."""
    async with listening() as here:
        sender = await here.connect()
        await sender.send(packed_forward({"chunk": FLUENTD_ID}))
        assert await sender.acks(1) == [FLUENTD_ID]
        (chunk,) = here.sink.chunks
        assert (chunk.mode, chunk.payload, chunk.wire_tag, chunk.tag) == (Mode.PACKED, packed(), b"app.web", "app.web")
        assert (chunk.listener, chunk.tenant, chunk.chunk_id) == ("forward", "default", FLUENTD_ID.encode())
        host, port = sender.writer.get_extra_info("sockname")
        assert chunk.peer == f"{host}:{port}"
        assert chunk.received_ns <= SystemClock().now_ns()
        assert chunk.connection <= chunk.received_ns
        await sender.close()


async def test_a_chunk_in_single_bytes_is_acked():
    """A sender that writes one byte at a time is served too."""
    async with listening() as here:
        sender = await here.connect()
        for byte in one_by_one(forward({"chunk": "x"})):
            await sender.send(byte)
        assert await sender.acks(1) == ["x"]
        await sender.close()


async def test_a_tag_that_is_not_utf8_is_kept_readable():
    """The chunk is stored and acked under a tag that can be named; the bytes of the tag are kept beside it."""
    async with listening() as here:
        sender = await here.connect()
        await sender.send(b"\x93\xa4a\xff\xc3\xa4\x90" + b"\x81\xa5chunk\xa1x")
        assert await sender.acks(1) == ["x"]
        (chunk,) = here.sink.chunks
        assert (chunk.tag, chunk.wire_tag) == ("a\ufffdä", b"a\xff\xc3\xa4")
        assert here.counters.notes == {"tag with invalid UTF-8": 1}
        await sender.close()


async def test_acks_keep_the_order_of_chunks():
    """Chunks that become durable in another order are acked in the order in which they came."""
    async with listening(FakeSink(is_prompt=False)) as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "a"}), forward({"chunk": "b"}), forward({"chunk": "c"}))
        await here.sink.wait_for(3)
        here.sink.complete(2, 1)
        await asyncio.sleep(0)
        assert here.counters.acks == 0
        here.sink.complete(0)
        assert await sender.acks(3) == ["a", "b", "c"]
        await sender.close()


async def test_discarded_messages_are_acked_in_their_turn():
    """The ack of a message that is not stored waits for those before it."""
    async with listening(FakeSink(is_prompt=False)) as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "a"}), forward({"chunk": "b", "fluent_signal": 1}))
        await here.sink.wait_for(1)
        here.sink.complete(0)
        assert await sender.acks(2) == ["a", "b"]
        assert here.counters.discarded == {"metrics are not stored": 1}
        await sender.close()


async def test_a_chunk_that_was_not_stored_is_never_acked():
    """What came before the failed chunk is acked; it and all after it are not, and the connection ends."""
    async with listening(FakeSink(is_prompt=False)) as here:
        sender = await here.connect()
        await sender.send(*(forward({"chunk": name}) for name in "abcd"))
        await here.sink.wait_for(4)
        here.sink.complete(3)
        here.sink.fail(2, 1)
        here.sink.complete(0)
        assert await sender.acks(1) == ["a"]
        assert await sender.rest() == b""
        assert here.counters.store_failures == 2
        assert here.counters.connections_cut == {"chunk was not stored": 1}
        await sender.close()


async def test_a_refused_chunk_can_be_sent_again():
    """After a failure the same chunk is no duplicate: it is stored and acked."""
    async with listening() as here:
        here.sink.refuses = True
        first, second = await here.connect(), await here.connect()
        await first.send(forward({"chunk": FLUENTD_ID}))
        assert await first.rest() == b""
        here.sink.refuses = False
        await second.send(forward({"chunk": FLUENTD_ID}))
        assert await second.acks(1) == [FLUENTD_ID]
        assert here.counters.duplicates == {}
        await first.close()
        await second.close()


@pytest.mark.parametrize("chunk_id", [FLUENTD_ID, FLB_ID])
async def test_a_resend_during_storing_joins(chunk_id):
    """A copy on another connection while the first is being stored: one store, two acks."""
    async with listening(FakeSink(is_prompt=False)) as here:
        first, second = await here.connect(), await here.connect()
        await first.send(forward({"chunk": chunk_id}))
        await here.sink.wait_for(1)
        await second.send(forward({"chunk": chunk_id}))
        await until(lambda: here.counters.duplicates["joined"] == 1)
        here.sink.complete(0)
        assert await first.acks(1) == await second.acks(1) == [chunk_id]
        assert len(here.sink.chunks) == 1
        await first.close()
        await second.close()


async def test_a_joined_copy_shares_the_failure():
    """Neither copy is acked when the first cannot be stored."""
    async with listening(FakeSink(is_prompt=False)) as here:
        first, second = await here.connect(), await here.connect()
        await first.send(forward({"chunk": FLUENTD_ID}))
        await here.sink.wait_for(1)
        await second.send(forward({"chunk": FLUENTD_ID}))
        await until(lambda: here.counters.duplicates["joined"] == 1)
        here.sink.fail(0)
        assert await first.rest() == await second.rest() == b""
        await first.close()
        await second.close()


async def test_a_random_id_is_stored_once():
    """The same Fluentd chunk again, on the same or on another connection, is acked and not stored."""
    async with listening() as here:
        sender = await here.connect()
        for _ in range(2):
            await sender.send(forward({"chunk": FLUENTD_ID}))
            assert await sender.acks(1) == [FLUENTD_ID]
        other = await here.connect()
        await other.send(forward({"chunk": FLUENTD_ID}))
        assert await other.acks(1) == [FLUENTD_ID]
        assert len(here.sink.chunks) == 1
        assert here.counters.duplicates == {"stored": 2}
        await sender.close()
        await other.close()


async def test_a_content_id_is_a_resend_until_its_ack_was_read():
    """A copy on a new connection is dropped, and stored once the ack of it is known to be read."""
    async with listening() as here:
        first = await here.connect()
        await first.send(forward({"chunk": FLB_ID}))
        await first.acks(1)
        await first.close()
        await until(lambda: here.counters.connections_open == 0)
        second = await here.connect()
        await second.send(forward({"chunk": FLB_ID}))
        await second.acks(1)
        assert len(here.sink.chunks) == 1
        await second.send(forward({"chunk": FLB_ID}))
        assert await second.acks(1) == [FLB_ID]
        assert [chunk.repeat for chunk in here.sink.chunks] == [False, True]
        await second.close()


async def test_a_resend_after_our_crash_is_dropped_once():
    """A chunk that an earlier process stored is taken for a resend the first time that it comes again."""
    async with listening() as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": FLB_ID}))
        await sender.acks(1)
        sample = here.sink.chunks[0]
        await sender.close()
    sink = FakeSink()
    sink.remember(sample, Origin(sample.connection, sample.ordinal))
    async with listening(sink) as here:
        sender = await here.connect()
        for stored in (0, 1, 2):
            await sender.send(forward({"chunk": FLB_ID}))
            await sender.acks(1)
            assert len(sink.chunks) == stored
        await sender.close()


async def test_half_closed_senders_get_their_acks():
    """A sender that shuts its writing side is read to the end and still answered; then the connection closes."""
    async with listening(FakeSink(is_prompt=False)) as here:
        sender = await here.connect()
        await sender.send(message() * 100, forward({"chunk": "x"}), forward()[:-5])
        sender.end()
        await here.sink.wait_for(2)
        here.sink.complete(0, 1)
        assert await sender.rest() == b"\x81\xa3ack\xa1x"
        assert here.counters.unfinished_bytes == len(forward()) - 5
        await sender.close()


def open_files() -> int:
    """How many file descriptors this process holds."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_a_reset_while_storing_is_quiet(caplog):
    """A sender that resets its connection before the chunk is durable: stored, not acked, no error on the loop."""
    async with listening(FakeSink(is_prompt=False)) as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "a"}), forward({"chunk": "b"}), forward()[:-1])
        await here.sink.wait_for(2)
        sender.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sender.writer.transport.abort()
        here.sink.complete(0, 1)
        await until(lambda: here.counters.connections_open == 0)
        assert here.counters.unacked_bytes == 0
    assert [record for record in caplog.records if record.name == "asyncio"] == []


async def test_acks_are_not_delayed():
    """Small writes leave at once: one client gives up on an ack after half a second."""
    async with listening() as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "a"}))
        await sender.acks(1)
        (session,) = here.server._sessions
        sock = session._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        await sender.close()


async def test_heartbeats_without_data_leave_nothing(caplog):
    """A thousand connections that say nothing: no log line, no descriptor, no state stays behind."""
    caplog.set_level(logging.DEBUG, logger="ingest")
    async with listening() as here:
        before = open_files()
        for _ in range(1000):
            with socket.create_connection(here.server.address):
                pass
            await asyncio.sleep(0)
        await until(lambda: here.counters.probes == 1000)
        assert open_files() == before
        assert here.counters.connections_open == 0
        assert not here.server._sessions
        assert not here.server._admission._sources
        assert [record for record in caplog.records if record.name.startswith("ingest")] == []


async def test_malformed_streams_are_counted_and_closed(caplog):
    """A web browser is told goodbye: counted by reason, one log line, no reply; acks owed before still go out."""
    async with listening() as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "x"}), b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n" * 1000)
        assert await sender.rest() == b"\x81\xa3ack\xa1x"
        assert here.counters.malformed == {"HTTP request on the forward port": 1}
        assert sum("HTTP request on the forward port" in record.message for record in caplog.records) == 1
        await sender.close()


async def test_a_full_store_stops_reading():
    """While the store has no room nothing more is read; once it has, senders go on in turn."""
    async with listening() as here:
        here.sink.set_room(has_room=False)
        senders = [await here.connect() for _ in range(5)]
        await until(lambda: here.counters.read_pauses["store is full"] == 5)
        for sender in senders:
            await sender.send(forward({"chunk": "x" * 25}), message())
        for _ in range(20):
            await asyncio.sleep(0)
        assert here.counters.received_bytes == 0
        here.sink.set_room(has_room=True)
        for sender in senders:
            assert await sender.acks(1) == ["x" * 25]
            await sender.close()


async def test_too_many_unacked_bytes_stop_reading():
    """A connection is not read while too much of it is being stored, and is again when half of that is done."""
    large = packed_forward(payload=b"x" * 60_000)
    async with listening(FakeSink(is_prompt=False), max_unacked_bytes=100_000) as here:
        sender = await here.connect()
        sending = asyncio.create_task(sender.send(large * 200))
        await until(lambda: here.counters.read_pauses["unacked bytes"] == 1)
        held = here.counters.received_bytes
        for _ in range(20):
            await asyncio.sleep(0)
        assert here.counters.received_bytes == held < 2_000_000
        done = 0
        while len(here.sink.chunks) < 200:
            here.sink.complete(*range(done, len(here.sink.chunks)))
            done = len(here.sink.chunks)
            await here.sink.wait_for(done + 1)
        here.sink.complete(*range(done, 200))
        await sending
        await sender.close()


async def test_a_sender_that_never_reads_acks_is_cut(tmp_path_factory):
    """It is not read any more when its acks pile up, and is cut off after the timeout; others are not disturbed."""
    # Through a socket file, for which the system buffers little.
    path = tmp_path_factory.mktemp("s") / "f.sock"
    async with listening(listeners=(PLAIN, UnixListener(path)), ack_timeout_s=0.3) as here:
        deaf = await here.connect_unix(path)
        deaf.writer.transport.pause_reading()
        deaf.writer.write(b"".join(forward({"chunk": f"{n:0200}"}) for n in range(10_000)))
        await until(lambda: here.counters.connections_cut)
        other = await here.connect()
        await other.send(forward({"chunk": "x"}))
        assert await other.acks(1) == ["x"]
        assert here.counters.connections_cut == {"acks are not read": 1}
        assert here.counters.read_pauses["acks are not read"] == 1
        deaf.writer.transport.abort()
        await other.close()


async def test_an_unfinished_message_does_not_wait_for_ever():
    """Half a message holds memory: its connection is cut after a time; an idle connection is not."""
    async with listening(message_timeout_s=0.1) as here:
        idle, slow = await here.connect(), await here.connect()
        await slow.send(forward()[:-1])
        assert await slow.rest() == b""
        assert here.counters.connections_cut == {"message took too long": 1}
        await idle.send(forward({"chunk": "x"}))
        assert await idle.acks(1) == ["x"]
        await idle.close()
        await slow.close()


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_source"])
async def test_connections_have_a_limit(limit):
    """One too many is closed at once and counted; when one leaves there is a place again."""
    async with listening(**{limit: 2}) as here:
        first, second, third = [await here.connect() for _ in range(3)]
        assert await third.rest() == b""
        assert sum(here.counters.connections_refused.values()) == 1
        await first.close()
        await until(lambda: here.counters.connections_open == 1)
        fourth = await here.connect()
        await fourth.send(forward({"chunk": "x"}))
        assert await fourth.acks(1) == ["x"]
        for sender in (second, third, fourth):
            await sender.close()


async def test_draining_stores_and_acks_what_was_read():
    """A shutdown waits for the chunks that are being stored, acks them, then closes; nobody can connect any more."""
    async with listening(FakeSink(is_prompt=False)) as here:
        busy, idle = await here.connect(), await here.connect()
        await busy.send(forward({"chunk": "x"}))
        await here.sink.wait_for(1)
        address = here.server.address
        draining = asyncio.create_task(here.server.drain())
        assert await idle.rest() == b""
        assert not draining.done()
        here.sink.complete(0)
        assert await busy.rest() == b"\x81\xa3ack\xa1x"
        await busy.close()
        await idle.close()
        await draining
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)


async def test_draining_has_a_deadline():
    """A store that never answers does not keep the process alive; nothing is acked then."""
    sink = FakeSink(is_prompt=False)
    async with listening(sink, drain_timeout_s=0.1) as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "x"}))
        await sink.wait_for(1)
    assert here.counters.connections_cut == {"shutdown took too long": 1}
    assert await sender.rest() == b""
    sink.complete(0)
    await asyncio.sleep(0)
    await sender.close()


async def test_a_taken_port_is_a_clear_error():
    """The error names the address and says what to do; nothing stays bound."""
    async with listening() as here:
        _, port = here.server.address
        with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}: .*in use"):
            async with listening(listeners=(TcpListener("127.0.0.1", port),)):
                pass


async def test_a_taken_udp_port_is_a_clear_error():
    """Without the heartbeat port Fluentd would take the server for dead, so it must not start."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{port}"):
            async with listening(listeners=(TcpListener("127.0.0.1", port),)):
                pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


async def test_udp_heartbeats_are_answered():
    """One zero byte for a small datagram on the same port; large and empty ones are not answered."""
    async with listening() as here:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0)
            sock.connect(here.server.address)
            for datagram in (b"x" * 129, b"", b"\x00", b"x" * 128):
                sock.send(datagram)
            async with asyncio.timeout(5):
                answers = [await loop.sock_recv(sock, 100) for _ in range(2)]
        assert answers == [b"\x00", b"\x00"]
        assert here.counters.udp_heartbeats == 2


async def test_errors_of_the_body_pass_as_they_are():
    """Leaving because of an error drains and lets the error through."""
    with pytest.raises(ValueError, match="of the body"):
        async with listening():
            raise ValueError("of the body")


async def test_halves_of_messages_do_not_fill_the_memory():
    """Senders that never end their messages are not read beyond the mark; one who sends whole messages is served."""
    piece = b"\x00" * 300_000
    async with listening(max_unfinished_bytes=1_000_000) as here:
        senders = [await here.connect() for _ in range(12)]
        for sender in senders:
            sender.writer.write(b"\x92\xa1t\xdb\x03\x00\x00\x00" + 20 * piece)
        await until(lambda: here.counters.read_pauses["unfinished messages"] >= 11)
        assert here.counters.received_bytes < 12_000_000
        other = await here.connect()
        await other.send(forward({"chunk": "a"}))
        assert await other.acks(1) == ["a"]
        for sender in senders:
            sender.writer.transport.abort()
        await until(lambda: here.counters.connections_open == 1)
        await other.close()


async def test_a_large_message_gets_its_turn():
    """Messages that together exceed the mark arrive all the same, one after the other."""
    body = b"\x92\x01\x80" * 500_000
    whole = b"\x93\xa1t\xc6" + len(body).to_bytes(4, "big") + body
    async with listening(max_unfinished_bytes=1_000_000) as here:
        senders = [await here.connect() for _ in range(6)]
        for number, sender in enumerate(senders):
            sender.writer.write(whole + b"\x81\xa5chunk" + bytes([0xA1, 97 + number]))
        assert [await sender.acks(1) for sender in senders] == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]
        for sender in senders:
            await sender.close()
