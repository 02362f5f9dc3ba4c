"""Answers the UDP heartbeats of Fluentd's `heartbeat_type udp`: without an answer it takes the server for dead."""

from __future__ import annotations

import asyncio
import socket
from typing import Final, cast

from ingest.counters import IntakeCounters

_ANSWER: Final = b"\x00"
# Real heartbeats have one byte. No answer is longer than what it answers, so we are no amplifier.
_MAX_DATAGRAM_BYTES: Final = 128


class UdpHeartbeat(asyncio.DatagramProtocol):
    """One byte for each small datagram."""

    def __init__(self, counters: IntakeCounters) -> None:
        self._counters = counters
        self._transport: asyncio.DatagramTransport | None = None
        self._own_port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is bound."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._own_port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        """Answers, unless the datagram is none of a sender's.

        One that claims to come from another server's heartbeat port is a forgery: the two would answer each other
        for ever.
        """
        if self._transport is not None and 0 < len(data) <= _MAX_DATAGRAM_BYTES and addr[1] != self._own_port:
            self._counters.udp_heartbeats += 1
            self._transport.sendto(_ANSWER, addr)


def socket_beside(listener: socket.socket) -> socket.socket:
    """A UDP socket on the same address and port as a TCP listener.

    Raises:
        OSError: the port is taken.
    """
    sock = socket.socket(listener.family, socket.SOCK_DGRAM)
    try:
        sock.settimeout(0)
        if listener.family == socket.AF_INET6:
            # As the TCP listener: the other family has a socket of its own.
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(listener.getsockname())
    except OSError:
        sock.close()
        raise
    return sock
