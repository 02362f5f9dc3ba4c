"""The other end of a socket: what to call it, and how to be connected to it."""

from __future__ import annotations

import socket
from typing import Final, NamedTuple

UNIX: Final = "unix"
"""The source and the name of whoever comes through a Unix socket."""

_INTERNET = (socket.AF_INET, socket.AF_INET6)


class Peer(NamedTuple):
    """A sender's end of a connection: its address without port, for limits, and with it, for people."""

    source: str
    name: str

    @property
    def is_remote(self) -> bool:
        """Whether it has an address of its own."""
        return self.source != UNIX


def peer_of(peername: tuple[str, int] | str | None) -> Peer:
    """The peer that a transport calls `peername`."""
    if not isinstance(peername, tuple):
        return Peer(UNIX, UNIX)
    host, port = peername[:2]
    return Peer(host, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def tune(sock: socket.socket | None, *, keepalive: bool) -> None:
    """Acks must not wait for company (one client gives up after 500 ms), and `keepalive` finds dead senders."""
    if sock is not None and sock.family in _INTERNET:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(keepalive))
