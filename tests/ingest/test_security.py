"""Shared keys, users and rules over real sockets, and connections that are not kept."""

from __future__ import annotations

import asyncio
import logging
import socket

import msgpack
import pytest

from ingest.forward.handshake import Security
from ingest.settings import TcpListener
from tests.ingest.fake_sink import FakeSink
from tests.ingest.forward.pings import KEY, ping
from tests.ingest.forward.wire_samples import FLUENTD_ID, forward, message
from tests.ingest.senders import Sender, listening, until

SECURITY = Security(b"logstore.here", KEY)
USERS = Security(b"logstore.here", KEY, {b"alice": b"wonder"})


def secured(security: Security = SECURITY):
    """A listener that asks for proof."""
    return (TcpListener("127.0.0.1", 0, "forward", None, security),)


async def test_a_sender_with_the_key_is_served():
    """HELO, PING, PONG, then chunks and acks as ever."""
    async with listening(listeners=secured()) as here:
        sender = await here.connect()
        assert (await sender.prove())[:4] == ["PONG", True, "", "logstore.here"]
        for name in ("a", "b"):
            await sender.send(forward({"chunk": name}))
            assert await sender.acks(1) == [name]
        assert [chunk.ordinal for chunk in here.sink.chunks] == [0, 1]
        assert here.counters.handshakes == 1
        await sender.close()
        await until(lambda: here.counters.connections_open == 0)
        assert here.counters.probes == 0


async def test_each_connection_gets_another_nonce():
    """A recorded PING is worth nothing."""
    async with listening(listeners=secured(USERS)) as here:
        said = []
        for _ in range(20):
            sender = await here.connect()
            helo = (await sender.said())[1]
            said += [helo["nonce"], helo["auth"]]
            await sender.close()
        assert len(set(said)) == 40
        await until(lambda: here.counters.connections_open == 0)


async def test_users_are_asked_for():
    """Name and password as well as the key."""
    async with listening(listeners=secured(USERS)) as here:
        sender = await here.connect()
        assert (await sender.prove(user=b"alice", password=b"wonder"))[1] is True
        await sender.close()
        other = await here.connect()
        pong = await other.prove(user=b"alice", password=b"guess")
        assert pong == ["PONG", False, "username/password mismatch", "", ""]
        assert await other.rest() == b""
        await other.close()
        assert here.counters.rejected == {"username/password mismatch": 1}


@pytest.mark.parametrize("first", [ping(key=b"wrong"), forward({"chunk": "b"}), message(), b'["t",1,{}]', b"\xc0"])
async def test_nothing_is_stored_before_the_proof(first):
    """A wrong PING, data, JSON: PONG false, then the end; what came with it is neither stored nor acked."""
    async with listening(listeners=secured()) as here:
        sender = await here.connect()
        await sender.said()
        await sender.send(first + forward({"chunk": "c"}) * 1000)
        assert (await sender.said())[:2] == ["PONG", False]
        assert await sender.rest() == b""
        await sender.close()
        await until(lambda: here.counters.connections_open == 0)
        assert (here.sink.chunks, here.counters.messages, here.counters.acks) == ([], 0, 0)


async def test_the_refusal_is_not_lost_to_a_reset():
    """A sender that writes much and reads late still reads why it was refused."""
    async with listening(listeners=secured()) as here:
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.settimeout(0)
            await loop.sock_connect(sock, here.server.address)
            await loop.sock_sendall(sock, message() + bytes(1_000_000))
            await until(lambda: here.counters.rejected.total() == 1)
            unpacker, said = msgpack.Unpacker(), []
            async with asyncio.timeout(5):
                while data := await loop.sock_recv(sock, 512):
                    unpacker.feed(data)
                    said += unpacker
        assert [each[0] for each in said] == ["HELO", "PONG"]


async def test_data_behind_the_ping_is_stored():
    """In the same write; its ack follows the PONG."""
    async with listening(listeners=secured()) as here:
        sender = await here.connect()
        nonce = (await sender.said())[1]["nonce"]
        await sender.send(ping(nonce), forward({"chunk": "a"}))
        assert (await sender.said())[1] is True
        assert await sender.acks(1) == ["a"]
        await sender.close()
        await until(lambda: here.counters.connections_open == 0)
        assert here.counters.probes == 0


@pytest.mark.parametrize("started", [b"", b"\x96\xa4PI"])
async def test_a_sender_that_does_not_prove_itself_is_cut(started):
    """Silence, or half a PING: after the deadline the connection is closed, and the limit has room again."""
    async with listening(listeners=secured(), handshake_timeout_s=0.1) as here:
        sender = await here.connect()
        await sender.send(started)
        assert (await sender.said())[0] == "HELO"
        assert await sender.rest() == b""
        await sender.close()
        assert here.counters.rejected == {"handshake took too long": 1}
        await until(lambda: here.counters.connections_open == 0)


async def test_the_deadline_ends_with_the_proof():
    """A sender that has proved itself may be silent for as long as it likes."""
    async with listening(listeners=secured(), handshake_timeout_s=0.1) as here:
        patient = await here.connect()
        assert (await patient.prove())[1] is True
        other = await here.connect()
        await other.said()
        assert await other.rest() == b""
        await patient.send(forward({"chunk": "a"}))
        assert await patient.acks(1) == ["a"]
        await patient.close()
        await other.close()


async def test_heartbeats_with_a_handshake_are_quiet(caplog):
    """Fluentd shakes hands and closes, every second: counted as probes, and no word in the log."""
    async with listening(listeners=secured()) as here:
        for _ in range(50):
            sender = await here.connect()
            assert (await sender.prove())[1] is True
            await sender.close()
        await until(lambda: here.counters.connections_open == 0)
        assert (here.counters.probes, here.counters.handshakes) == (50, 50)
        assert here.server._sessions == set()
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_rejections_are_told_once_in_a_while(caplog):
    """A sender with a wrong key comes back all the time: all are counted, one is told."""
    async with listening(listeners=secured()) as here:
        for _ in range(20):
            sender = await here.connect()
            await sender.prove(b"wrong")
            await sender.close()
        assert here.counters.rejected == {"shared_key mismatch": 20}
        (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert "may not send to listener forward: shared_key mismatch (hostname 'me.local')" in record.getMessage()


async def test_a_sender_of_our_own_name_can_tell():
    """Senders refuse a server with their name: it is in the PONG, for them to see."""
    async with listening(listeners=secured(Security(b"me.local", KEY))) as here:
        sender = await here.connect()
        assert (await sender.prove())[3] == "me.local"
        await sender.close()


async def test_a_connection_that_is_not_kept_ends_after_its_ack():
    """All that was written is stored and acked, then the connection ends; HELO says so beforehand."""
    async with listening(FakeSink(is_prompt=False), listeners=secured(), deny_keepalive=True) as here:
        sender = await here.connect()
        helo = await sender.said()
        assert helo[1]["keepalive"] is False
        await sender.send(ping(helo[1]["nonce"]), forward({"chunk": "a"}), forward({"chunk": "b"}))
        assert (await sender.said())[1] is True
        await here.sink.wait_for(2)
        here.sink.complete(0, 1)
        assert await sender.acks(2) == ["a", "b"]
        assert await sender.rest() == b""
        await sender.close()


@pytest.mark.parametrize(("data", "count"), [(message(), 1), (message() * 1000, 1000), (forward(), 1)])
async def test_a_connection_that_is_not_kept_ends_without_an_ack_too(data, count):
    """What nobody asks an ack for is stored, then the connection ends."""
    async with listening(deny_keepalive=True) as here:
        sender = await here.connect()
        await sender.send(data)
        assert await sender.rest() == b""
        await sender.close()
        assert here.counters.messages == count


async def test_a_message_in_pieces_is_whole_before_the_end():
    """A connection that is not kept waits for the rest of what has begun."""
    async with listening(deny_keepalive=True) as here:
        sender = await here.connect()
        whole = message() + forward({"chunk": FLUENTD_ID})
        await sender.send(whole[:-5])
        await until(lambda: here.counters.messages == 1)
        await sender.send(whole[-5:])
        assert await sender.acks(1) == [FLUENTD_ID]
        assert await sender.rest() == b""
        await sender.close()


async def test_idle_connections_are_ended_where_wished(caplog):
    """In order, not by a reset, and without a warning; one that sends goes on."""
    async with listening(idle_timeout_s=0.1) as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "a"}))
        assert await sender.acks(1) == ["a"]
        assert await sender.rest() == b""
        await sender.close()
        assert here.counters.connections_cut == {"idle": 1}
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_connection_that_waits_for_its_ack_is_not_idle():
    """However long storing takes."""
    async with listening(FakeSink(is_prompt=False), idle_timeout_s=0.05) as here:
        sender, other = await here.connect(), await here.connect()
        await sender.send(forward({"chunk": "a"}))
        await here.sink.wait_for(1)
        assert await other.rest() == b""
        here.sink.complete(0)
        assert await sender.acks(1) == ["a"]
        await sender.close()
        await other.close()


@pytest.mark.parametrize("wanted", [True, False])
async def test_keepalive_packets_are_a_choice(wanted):
    """The socket is set as the operator wants it."""
    async with listening(send_keepalive_packet=wanted) as here:
        sender = await here.connect()
        await sender.send(forward({"chunk": "a"}))
        await sender.acks(1)
        (session,) = here.server._sessions
        sock = session._transport.get_extra_info("socket")
        assert bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) is wanted
        await sender.close()


async def test_listeners_are_told_apart():
    """Each with its own name and its own rules, under common limits."""
    further = TcpListener("127.0.0.1", 0, "local")
    async with listening(listeners=(*secured(), further), max_connections=2) as here:
        secure, plain = here.server.addresses["forward"], here.server.addresses["local"]
        first = Sender(*await asyncio.open_connection(*plain))
        await first.send(forward({"chunk": "a"}))
        assert await first.acks(1) == ["a"]
        second = Sender(*await asyncio.open_connection(*secure))
        assert (await second.prove())[1] is True
        await second.send(forward({"chunk": "b"}))
        assert await second.acks(1) == ["b"]
        assert [chunk.listener for chunk in here.sink.chunks] == ["local", "forward"]
        third = Sender(*await asyncio.open_connection(*plain))
        assert await third.rest() == b""
        assert here.counters.connections_refused == {"too many connections": 1}
        for sender in (first, second, third):
            await sender.close()
