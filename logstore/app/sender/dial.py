"""Getting a connection on which chunks can be sent: TCP or Unix socket, TLS if wanted, then the handshake."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgpack

from logstore.app.listen import format_address, parse_address
from logstore.app.sender.credentials import Credentials, NotWelcomeError, check_pong, ping
from logstore.errors import SettingsError

CONNECT_TIMEOUT_S = 5.0
# What a server says before we may send has a few hundred bytes.
_MAX_SAID_BYTES = 4096
_SALT_BYTES = 16
_UNIX = "unix:"


@dataclass(frozen=True, slots=True)
class Dial:
    """How to reach a server.

    Attributes:
        place: host and port, or the path of a socket file.
        tls: how to do TLS; None for none.
        credentials: what to prove; None for nothing.
        random_bytes: source of salts.
    """

    place: tuple[str, int] | Path
    tls: ssl.SSLContext | None = None
    credentials: Credentials | None = None
    random_bytes: Callable[[int], bytes] = field(default=os.urandom, repr=False)

    def __str__(self) -> str:
        return f"{_UNIX}{self.place}" if isinstance(self.place, Path) else format_address(*self.place)

    def open(self) -> socket.socket:
        """A connection that is ready for chunks.

        Raises:
            OSError: nobody answers, or TLS fails.
            NotWelcomeError: the server does not take our credentials.
        """
        sock = self._connect()
        try:
            if self.tls is not None and not isinstance(self.place, Path):
                sock = self.tls.wrap_socket(sock, server_hostname=self.place[0])
            if self.credentials is not None:
                _prove(sock, self.credentials, self.random_bytes(_SALT_BYTES))
        except BaseException:
            sock.close()
            raise
        return sock

    def _connect(self) -> socket.socket:
        if not isinstance(self.place, Path):
            sock = socket.create_connection(self.place, CONNECT_TIMEOUT_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(CONNECT_TIMEOUT_S)
            sock.connect(str(self.place))
        except BaseException:
            sock.close()
            raise
        return sock


def parse_place(text: str) -> tuple[str, int] | Path:
    """What `HOST:PORT` or `unix:PATH` names.

    Raises:
        SettingsError: neither.
    """
    if text.startswith(_UNIX):
        path = text.removeprefix(_UNIX)
        if not path:
            raise SettingsError("unix: names no file", "it looks like unix:/run/logstore/forward.sock")
        # Docker and others write it as a URL.
        return Path("/" + path.lstrip("/")) if path.startswith("//") else Path(path)
    return parse_address(text)


def _prove(sock: socket.socket, credentials: Credentials, salt: bytes) -> None:
    said = msgpack.Unpacker(raw=True, max_buffer_size=_MAX_SAID_BYTES)
    helo = _hear(sock, said)
    sock.sendall(ping(helo, credentials, salt))
    nonce = helo[1].get(b"nonce", b"") if isinstance(helo, list) else b""
    check_pong(_hear(sock, said), nonce, credentials, salt)


def _hear(sock: socket.socket, said: msgpack.Unpacker) -> object:
    """The next thing that the server says."""
    while True:
        try:
            return said.unpack()
        except msgpack.OutOfData:
            pass
        except (ValueError, msgpack.UnpackException) as error:
            raise NotWelcomeError("what answers is no forward server with a shared key") from error
        try:
            data = sock.recv(_MAX_SAID_BYTES)
        except TimeoutError as error:
            raise NotWelcomeError(
                f"the server says nothing for {CONNECT_TIMEOUT_S:g} s", "it has no shared key, or wants TLS"
            ) from error
        if not data:
            raise ConnectionError("the server closed the connection during the handshake")
        said.feed(data)
