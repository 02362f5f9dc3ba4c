"""Delivering chunks: several in flight, sent again with the same ids on a new connection until acknowledged."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable

import msgpack

from logstore.app.sender.chunks import OutgoingChunk
from logstore.app.sender.credentials import NotWelcomeError
from logstore.app.sender.dial import Dial
from logstore.errors import WorldError

# More in flight hides the server's disk syncs better, but more is repeated when a connection breaks.
MAX_IN_FLIGHT = 8
# Longer than a server's longest stall should be; Fluentd itself waits 190 s.
ACK_TIMEOUT_S = 60.0
# How long to go on trying while a server restarts.
PATIENCE_S = 30.0
RETRY_PAUSE_S = 0.2

_TLS_HINT = "--ca FILE names whom to trust; without --tls a listener without TLS is reached"


class UndeliveredError(WorldError):
    """Chunks could not be delivered, and trying was given up."""


class ForeignServerError(WorldError):
    """Somebody listens there, but does not speak the forward protocol."""


class Delivery:
    """Sends chunks to one server.

    Args:
        dial: how to reach its forward listener.
        on_ack: called, if given, with each chunk once it is acknowledged.
        patience_s: seconds without any progress after which `UndeliveredError` is raised.
    """

    def __init__(
        self,
        dial: Dial,
        on_ack: Callable[[OutgoingChunk], None] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._dial = dial
        self._on_ack = on_ack
        self._patience_s = patience_s
        self._waiting: dict[bytes, OutgoingChunk] = {}
        self._socket: socket.socket | None = None
        self._acks = msgpack.Unpacker(raw=True)

    @property
    def in_flight(self) -> int:
        """Chunks sent and not acknowledged yet."""
        return len(self._waiting)

    def connect(self) -> None:
        """Connects once, without patience: for telling early that nobody is there.

        Raises:
            UndeliveredError: nobody listens, or TLS fails.
            NotWelcomeError: the server does not take our credentials.
        """
        try:
            self._open()
        except ssl.SSLError as error:
            raise UndeliveredError(f"no TLS with {self._dial}: {_said(error)}", _TLS_HINT) from error
        except OSError as error:
            raise UndeliveredError(
                f"no forward server answers at {self._dial} ({error.strerror or error})",
                "start one with `logstore serve`, or name another with --server HOST:PORT or unix:PATH",
            ) from error

    def send(self, chunk: OutgoingChunk) -> None:
        """Sends a chunk; waits while too many are in flight.

        Raises:
            UndeliveredError: nothing was acknowledged for too long.
            ForeignServerError: what answers is no forward server.
        """
        self._waiting[chunk.chunk_id] = chunk
        self._persist(lambda: self._connection().sendall(chunk.message), resends=True)
        self._settle(MAX_IN_FLIGHT - 1)

    def finish(self) -> None:
        """Waits until every chunk is acknowledged.

        Raises:
            UndeliveredError: nothing was acknowledged for too long.
            ForeignServerError: what answers is no forward server.
        """
        self._settle(0)

    def close(self) -> None:
        """Closes the connection; what is in flight stays unacknowledged."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _settle(self, in_flight: int) -> None:
        while len(self._waiting) > in_flight:
            self._persist(self._read_acks, resends=False)

    def _persist(self, attempt: Callable[[], None], *, resends: bool) -> None:
        """Does `attempt`, on a new connection after each failure.

        Opening a connection sends all that waits, the chunk at hand included: where that is what `attempt` was for
        (`resends`), it is done then.
        """
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                if self._socket is None:
                    self._open()
                    if resends:
                        return
                attempt()
            except OSError as error:
                self.close()
                if time.monotonic() > deadline:
                    raise UndeliveredError(
                        f"{self._count_waiting()} not acknowledged by {self._dial} ({error})",
                        "nothing that was acknowledged is lost; look at the server, then send the rest again",
                    ) from error
                time.sleep(RETRY_PAUSE_S)
            else:
                return

    def _count_waiting(self) -> str:
        return "1 chunk was" if len(self._waiting) == 1 else f"{len(self._waiting)} chunks were"

    def _open(self) -> None:
        self._socket = self._dial.open()
        self._socket.settimeout(ACK_TIMEOUT_S)
        self._acks = msgpack.Unpacker(raw=True)
        for chunk in self._waiting.values():
            self._socket.sendall(chunk.message)

    def _connection(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionError("not connected")
        return self._socket

    def _read_acks(self) -> None:
        data = self._connection().recv(65_536)
        if not data:
            raise ConnectionError("the server closed the connection")
        for chunk_id in self._acknowledged(data):
            chunk = self._waiting.pop(chunk_id, None)
            if chunk is not None and self._on_ack is not None:
                self._on_ack(chunk)

    def _acknowledged(self, data: bytes) -> list[bytes]:
        """The chunk ids in what the server said."""
        self._acks.feed(data)
        try:
            return [_acknowledged_by(answer) for answer in self._acks]
        except (TypeError, KeyError, ValueError, msgpack.UnpackException) as error:
            raise ForeignServerError(
                f"{self._dial} does not answer in the forward protocol",
                "name the forward address of a server with --server HOST:PORT; its HTTP API is another",
            ) from error


def _acknowledged_by(answer: object) -> bytes:
    """The chunk id that an answer holds."""
    match answer:
        case {b"ack": bytes() as chunk_id}:
            return chunk_id
        case [b"HELO", *_]:
            raise NotWelcomeError("the server asks for a shared key", "name its file with --shared-key-file FILE")
        case _:
            raise TypeError("no acknowledgement")


def _said(error: ssl.SSLError) -> str:
    """What OpenSSL says, without the place in its code."""
    return getattr(error, "verify_message", "") or error.reason or str(error)
