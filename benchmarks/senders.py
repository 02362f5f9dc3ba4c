"""Sending what a spool holds, over several connections, each waiting for the answer to what it sent."""

from __future__ import annotations

import base64
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import msgpack

from benchmarks.encodings import options
from benchmarks.spool import Frame

# Of single messages, one in so many asks to be acknowledged, and is waited for.
MESSAGES_PER_ACK = 1000
TIMEOUT_S = 300.0
MAX_TAG_BYTES = 1024
_ARRAY_OF_FOUR = b"\x94"


class Sender(Protocol):
    """One connection."""

    def send(self, frames: Sequence[Frame]) -> int:
        """Sends frames and waits until they are answered for; the bytes sent."""

    def close(self) -> None:
        """Ends the connection."""


MakeSender = Callable[[], Sender]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How sending went: seconds from the first byte to the last answer, and bytes sent."""

    wall_s: float
    wire_bytes: int


class PackedSender:
    """Sends chunks of the forward protocol, each with a new id, and awaits each one's acknowledgement."""

    def __init__(self, port: int, *, compressed: bool) -> None:
        self.socket = forward_socket(port)
        self._acks = Acks(self.socket)
        self._compressed = compressed

    def send(self, frames: Sequence[Frame]) -> int:
        """Sends frames and waits until they are acknowledged; the bytes sent."""
        sent = 0
        for frame in frames:
            chunk_id = new_chunk_id()
            end = options(chunk_id, frame.events, compressed=self._compressed)
            self.socket.sendall(frame.data)
            self.socket.sendall(end)
            self._acks.expect(chunk_id)
            sent += len(frame.data) + len(end)
        return sent

    def close(self) -> None:
        """Ends the connection."""
        self.socket.close()


class MessageSender:
    """Sends single messages as a logging library does; the last of each run asks to be acknowledged."""

    def __init__(self, port: int) -> None:
        self._socket = forward_socket(port)
        self._acks = Acks(self._socket)

    def send(self, frames: Sequence[Frame]) -> int:
        """Sends frames and waits until the last one is acknowledged; the bytes sent."""
        *most, last = frames
        for frame in most:
            self._socket.sendall(frame.data)
        chunk_id = new_chunk_id()
        end = _ARRAY_OF_FOUR + bytes(last.data[1:]) + options(chunk_id, 1, compressed=False)
        self._socket.sendall(end)
        self._acks.expect(chunk_id)
        return sum(len(frame.data) for frame in most) + len(end)

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()


class HttpSender:
    """POSTs each frame to one address and expects success.

    Args:
        port: of this machine.
        path: with its query string.
        headers: besides the length.
    """

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self._path = path
        self._headers = headers

    def send(self, frames: Sequence[Frame]) -> int:
        """Sends frames and waits for the answers; the bytes of the bodies."""
        for frame in frames:
            post(self._connection, self._path, frame.data, self._headers)
        return sum(len(frame.data) for frame in frames)

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


class TaggedHttpSender:
    """POSTs each frame without its first line, which is the tag and goes into the address."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self._path = path
        self._headers = headers

    def send(self, frames: Sequence[Frame]) -> int:
        """Sends frames and waits for the answers; the bytes of the bodies."""
        sent = 0
        for frame in frames:
            tag, _, _ = bytes(frame.data[:MAX_TAG_BYTES]).partition(b"\n")
            body = frame.data[len(tag) + 1 :]
            post(self._connection, f"{self._path}?tag={quote(tag)}", body, self._headers)
            sent += len(body)
        return sent

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


def post(connection: http.client.HTTPConnection, path: str, body: memoryview, headers: dict[str, str]) -> None:
    """A POST that must succeed.

    Raises:
        SystemExit: it was refused.
    """
    connection.request("POST", path, body, {**headers, "Content-Length": str(len(body))})
    with connection.getresponse() as response:
        answer = response.read()
        if response.status >= http.client.MULTIPLE_CHOICES:
            raise SystemExit(f"POST {path} was answered {response.status}: {answer[:1000]!r}")


class Acks:
    """The acknowledgements that come back on a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._unpacker = msgpack.Unpacker(raw=True)

    def expect(self, chunk_id: bytes) -> None:
        """Waits for the next acknowledgement, which must be this one's.

        Raises:
            SystemExit: it is another one's, or the connection ended.
        """
        found = self.next()
        if found != chunk_id:
            raise SystemExit(f"expected the acknowledgement of {chunk_id!r}, got that of {found!r}")

    def next(self) -> bytes:
        """Waits for the next acknowledgement; the id that it repeats.

        Raises:
            SystemExit: the connection ended.
        """
        while True:
            for answer in self._unpacker:
                found: bytes = answer[b"ack"]
                return found
            data = self._socket.recv(65_536)
            if not data:
                raise SystemExit("the server closed a connection before it acknowledged everything")
            self._unpacker.feed(data)


def forward_socket(port: int) -> socket.socket:
    """A connection to a forward listener on this machine."""
    connection = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def new_chunk_id() -> bytes:
    """An id as Fluentd makes them."""
    return base64.b64encode(os.urandom(16))


def deliver(make_sender: MakeSender, frames: Sequence[Frame], connections: int, rate: float | None) -> Delivery:
    """Sends all frames and waits for the last answer.

    Args:
        make_sender: opens a connection; all are open before the first byte is sent.
        frames: what to send, in this order but for the connections' overtaking each other.
        connections: how many.
        rate: events a second that are sent at most; None for as many as are answered.
    """
    senders = [make_sender() for _ in range(connections)]
    began = time.monotonic()
    shipments = _Shared(_shipments(frames, began, rate))
    crew = [_Crew(sender, shipments) for sender in senders]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    wall_s = time.monotonic() - began
    for one in crew:
        if one.error is not None:
            raise one.error
    for sender in senders:
        sender.close()
    return Delivery(wall_s, sum(one.sent for one in crew))


@dataclass(frozen=True, slots=True)
class _Shipment:
    """Frames that one connection sends together, and when, on the monotonic clock."""

    frames: Sequence[Frame]
    due: float


def _shipments(frames: Sequence[Frame], began: float, rate: float | None) -> Iterator[_Shipment]:
    due = began
    for run in together(frames):
        yield _Shipment(run, due)
        if rate is not None:
            due += sum(frame.events for frame in run) / rate


def together(frames: Sequence[Frame]) -> Iterator[Sequence[Frame]]:
    """Single events go in runs; chunks go alone."""
    at = 0
    while at < len(frames):
        end = at + 1
        while end < min(at + MESSAGES_PER_ACK, len(frames)) and frames[at].events == frames[end].events == 1:
            end += 1
        yield frames[at:end]
        at = end


class _Shared:
    """An iterator that several threads take from."""

    def __init__(self, shipments: Iterator[_Shipment]) -> None:
        self._shipments = shipments
        self._lock = threading.Lock()

    def take(self) -> _Shipment | None:
        with self._lock:
            return next(self._shipments, None)


class _Crew(threading.Thread):
    """Sends over one connection what there is to send."""

    def __init__(self, sender: Sender, shipments: _Shared) -> None:
        super().__init__(daemon=True)
        self._sender = sender
        self._shipments = shipments
        self.sent = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while (shipment := self._shipments.take()) is not None:
                time.sleep(max(0.0, shipment.due - time.monotonic()))
                self.sent += self._sender.send(shipment.frames)
        except (OSError, SystemExit, http.client.HTTPException) as error:
            self.error = error
