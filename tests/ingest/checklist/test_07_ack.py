"""Section 7: acknowledgements."""

from __future__ import annotations

import asyncio
import gzip
import socket

import pytest

from tests.ingest.checklist.told import ACK, asking, entries, pack, packed, tell, told
from tests.ingest.fake_sink import FakeSink
from tests.ingest.senders import listening, until

BODY = packed(*entries(1))
FLUENTD = "Zg4pjgy1CrKZCRkggSCk9w==\n"


@pytest.mark.parametrize(
    "body",
    [b"\xc1", b"garbage", gzip.compress(BODY, mtime=0)[:-4], b"\x1f\x8bnothing", b"\x28\xb5\x2f\xfdnothing"],
)
async def test_7_0_what_cannot_be_decoded_is_stored_and_acked(body):
    """No retry can help; its bytes are in the log as they came. Unacked is only what was not stored."""
    found = await told(pack(["t", body, asking()]))
    assert (found.acks, found.chunks[0].payload, found.events) == (["x"], body, [])
    assert found.rejected


@pytest.mark.parametrize(
    "value", ["c1", "", b"bin", b"", 7, -1, 1.5, True, FLUENTD, "x" * 250, b"\xff\xfe", [1], {"a": 1}]
)
async def test_7_1_the_value_is_echoed_byte_for_byte_with_its_type(value):
    """One map of one pair; nothing is stripped, decoded or normalised."""
    assert (await told(pack(["t", BODY, {"chunk": value}]))).answer == ACK + pack(value)


async def test_7_1_every_encoding_of_the_id_comes_back_as_it_was():
    """A str16 stays a str16."""
    for raw in (b"\xa2c1", b"\xd9\x02c1", b"\xda\x00\x02c1", b"\xdb\x00\x00\x00\x02c1", b"\xc4\x02c1", b"\xa2\xff\xfe"):
        assert (await told(b"\x93\xa1t" + pack(BODY) + b"\x81\xa5chunk" + raw)).answer == ACK + raw


@pytest.mark.parametrize("value", [None, False])
async def test_7_1_nil_and_false_ask_for_nothing(value):
    """As in Ruby."""
    found = await told(pack(["t", BODY, {"chunk": value}]))
    assert (found.of("n"), found.answer) == ([1], b"")


async def test_7_1_ids_have_at_most_256_bytes():
    """An ack must fit one read of 512 bytes at the sender."""
    assert (await told(pack(["t", BODY, asking("x" * 256)]))).acks == ["x" * 256]
    found = await told(pack(["t", BODY, asking("x" * 300)]))
    assert (found.answer, found.counters.malformed) == (b"", {"chunk id is too long": 1})


async def test_7_2_an_ack_arrives_in_one_piece():
    """It is one write, and small: one `recv` of 512 bytes has all of it (each write: `test_session`)."""
    async with listening() as here:
        loop = asyncio.get_running_loop()
        with socket.create_connection(here.server.address) as sock:
            sock.settimeout(0)
            for n in range(20):
                await loop.sock_sendall(sock, pack(["t", entries(n), asking("x" * 200 + str(n))]))
                assert await loop.sock_recv(sock, 512) == ACK + pack("x" * 200 + str(n))


async def test_7_3_acked_only_when_it_is_stored():
    """Nothing before; after a failure nothing at all, and the connection ends so that the sender tries again."""
    async with listening(FakeSink(is_prompt=False)) as here:
        sender = await here.connect()
        await sender.send(pack(["t", entries(1), asking("a")]) + pack(["t", entries(2), asking("b")]))
        await here.sink.wait_for(2)
        assert here.counters.acks == 0
        here.sink.complete(0)
        here.sink.fail(1)
        assert await sender.rest() == ACK + pack("a")
        await sender.close()


async def test_7_4_acks_of_a_connection_keep_its_order():
    """Whatever becomes durable first; also of messages that are dropped in between."""
    async with listening(FakeSink(is_prompt=False)) as here:
        sender = await here.connect()
        signal = pack(["t", entries(1), asking("b", fluent_signal=1)])
        await sender.send(pack(["t", entries(1), asking("a")]) + signal + pack(["t", entries(2), asking("c")]))
        await here.sink.wait_for(2)
        here.sink.complete(1, 0)
        assert await sender.acks(3) == ["a", "b", "c"]
        await sender.close()


async def test_7_4_the_same_id_twice_gets_two_acks():
    """Two messages in one write, with one id."""
    assert (await told(pack(["t", entries(1), asking("c1")]) * 2)).acks == ["c1", "c1"]


@pytest.mark.parametrize("body", [[], b"", "", [[1, 2]], [5, {}], b"\x05\x06", [[None]]])
async def test_7_5_empty_chunks_and_chunks_without_a_valid_entry_are_acked(body):
    """There is nothing that a retry could add."""
    found = await told(pack(["t", body, asking()]))
    assert (found.events, found.acks) == ([], ["x"])


async def test_7_6_a_sender_that_never_reads_its_acks_is_cut():
    """After a time; meanwhile it is not read, and others are served."""
    async with listening(ack_timeout_s=0.2) as here:
        deaf = await here.connect()
        deaf.writer.transport.pause_reading()
        wire = b"".join(pack(["t", [], asking(f"{n:0240}")]) for n in range(500))
        deaf.writer.write(wire * 100)
        await until(lambda: here.counters.connections_cut == {"acks are not read": 1})
        assert await tell(here, pack(["t", [], asking()])) == ACK + pack("x")
        deaf.writer.transport.abort()


async def test_7_7_without_an_id_nothing_is_ever_written():
    """Some libraries never read."""
    wire = pack(["t", entries(1)]) + pack(["t", BODY, {"size": 1}]) + pack(["t", 1, {}]) + b"\xc0" + pack(["", []])
    found = await told(wire + pack([5, 1, {}]) + pack(["t", [], {"fluent_signal": 1}]))
    assert (found.answer, len(found.events)) == (b"", 3)
