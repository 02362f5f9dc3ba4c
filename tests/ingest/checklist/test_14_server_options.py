"""Section 14: options of in_forward (deny_keepalive and sockets: where the wire is tested)."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ingest.decode.settings import DecodeSettings
from ingest.hostnames import HostNames
from tests.ingest.checklist.told import asking, entries, pack, packed, tell, told
from tests.ingest.senders import listening, until

EVERY_MODE = [
    pack(["t", [[1, {"n": 1, "src": "own"}]], asking("1")]),
    pack(["t", packed([1, {"n": 2, "src": {"deep": 1}}]), asking("2")]),
    pack(["t", 1, {"n": 3, "src": 5}]),
    pack(["t", 1, {"n": 4}]),
]


async def test_14_1_invalid_events_are_skipped_and_the_chunk_acked():
    """As with skip_invalid_event, which is Fluentd's default since 1.19."""
    found = await told(pack(["t", [[1, 5], [1, {"n": 1}]], asking()]))
    assert (found.of("n"), found.acks) == ([1], ["x"])


async def test_14_2_keepalive_packets_find_dead_senders():
    """SO_KEEPALIVE, always."""
    async with listening() as here:
        sender = await here.connect()
        await sender.send(pack(["t", [], asking()]))
        await sender.acks(1)
        (session,) = here.server._sessions
        assert session._transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        await sender.close()


async def test_14_3_source_address_key_overwrites():
    """Every record gets the sender's address without the port, whatever it has under that name."""
    found = await told(*EVERY_MODE, decode=DecodeSettings(source_address_key="src"))
    assert found.of("n", "src") == [(n, "127.0.0.1") for n in (1, 2, 3, 4)]


@pytest.fixture
def names(monkeypatch):
    """A resolver that knows one name, in place of the system's."""

    def lookup(address):
        assert address == "127.0.0.1"
        return "web-1.example"

    monkeypatch.setattr("ingest.server.HostNames", lambda clock, timeout_s: HostNames(clock, timeout_s, lookup))


@pytest.mark.usefixtures("names")
async def test_14_3_source_hostname_key_is_looked_up_once_and_kept_with_the_chunk():
    """Found before anything of the connection is stored, so that replay needs no name server."""
    async with listening(finds_hostnames=True) as here:
        for wire in EVERY_MODE:
            await tell(here, wire)
        assert {chunk.source_host for chunk in here.sink.chunks} == {"web-1.example"}
    found = await told(*EVERY_MODE, decode=DecodeSettings(source_hostname_key="src"), finds_hostnames=True)
    assert found.of("src") == ["web-1.example"] * 4


async def test_14_4_a_full_store_stops_reading():
    """Nothing is refused or lost: the sender's window closes until there is room, and acks of before still go out."""
    async with listening() as here:
        here.sink.set_room(has_room=False)
        sending = asyncio.create_task(tell(here, pack(["t", entries(1), asking()])))
        await until(lambda: here.counters.read_pauses["store is full"] > 0)
        assert here.sink.chunks == []
        here.sink.set_room(has_room=True)
        assert await sending == b"\x81\xa3ack\xa1x"
