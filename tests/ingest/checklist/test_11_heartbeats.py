"""Section 11: heartbeats."""

from __future__ import annotations

import asyncio
import logging
import socket

from tests.ingest.checklist.told import asking, entries, pack, told
from tests.ingest.senders import listening, until


async def test_11_1_connections_without_data_leave_nothing(caplog):
    """Transport heartbeats: connect and close; no warning, no descriptor, no state (10,000 of them: end to end)."""
    caplog.set_level(logging.DEBUG, logger="ingest")
    async with listening() as here:
        for _ in range(300):
            with socket.create_connection(here.server.address):
                pass
            await asyncio.sleep(0)
        await until(lambda: here.counters.probes == 300)
        assert (here.counters.connections_open, here.server._sessions) == (0, set())
    assert [record for record in caplog.records if record.name.startswith("ingest")] == []


async def test_11_2_udp_heartbeats_are_answered_with_one_zero_byte():
    """On the same port number; only datagrams of at most 128 bytes, so we are no amplifier."""
    async with listening() as here:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0)
            sock.connect(here.server.address)
            for datagram in (b"x" * 129, b"\0", b"any", b"x" * 128):
                sock.send(datagram)
            async with asyncio.timeout(5):
                answers = [await asyncio.get_running_loop().sock_recv(sock, 99) for _ in range(3)]
        assert (answers, here.counters.udp_heartbeats) == ([b"\0"] * 3, 3)


async def test_11_3_nil_and_the_empty_message_are_heartbeats():
    """Accepted silently: nothing is stored, nothing is answered."""
    found = await told(b"\xc0" + pack(["", []]) + pack(["t", entries(1), asking()]))
    assert (found.of("n"), found.acks, found.counters.heartbeats) == ([1], ["x"], 2)
    assert found.is_kept
