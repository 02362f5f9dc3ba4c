"""TLS between a socket and a session: the session does not know that it is there.

The protocol that the socket's transport drives is `TlsSession`; it has the handshake done, then drives the real session
over a `TlsTransport`. Done here and not by the event loop, so that handshakes count against the limits of connections,
failures are counted by reason, a renewed certificate holds for the next connection, and each side may close its half.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from ingest.certificates import Certificates
from ingest.deadline import Deadline
from ingest.peer import peer_of
from ingest.session import ForwardSession, House
from ingest.tls_channel import BROKEN_OFF, TOO_SLOW, TlsChannel, TlsError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TlsHouse:
    """What all TLS connections of a listener share.

    Attributes:
        name: of the listener.
        house: what all sessions share.
        certificates: gives each connection its context.
        session: makes the session for a connection whose handshake is done.
        handshaking: connections whose is not; each adds and removes itself.
    """

    name: str
    house: House
    certificates: Certificates
    session: Callable[[], ForwardSession]
    handshaking: set[TlsSession]


class TlsTransport(asyncio.Transport):
    """What a session sees of its connection. Each write is one write of the socket."""

    def __init__(self, raw: asyncio.Transport, channel: TlsChannel) -> None:
        super().__init__({"ssl_object": channel.tls})
        self._raw = raw
        self._channel = channel
        self._is_shut = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As of the socket's transport, with TLS's own."""
        return super().get_extra_info(name) or self._raw.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypts and writes."""
        if not self._is_shut and not self._raw.is_closing():
            self._channel.write(bytes(data))
            self.flush()

    def flush(self) -> None:
        """Writes what TLS itself has to say."""
        if data := self._channel.outgoing():
            self._raw.write(data)

    def can_write_eof(self) -> bool:
        """TLS can say goodbye, and the sender may go on."""
        return True

    def write_eof(self) -> None:
        """Shuts our side, of TLS and of the socket. What still comes is not worth decrypting."""
        self._say_goodbye()
        self._raw.write_eof()

    def close(self) -> None:
        """Says goodbye and closes once all is written."""
        if not self._raw.is_closing():
            self._say_goodbye()
            self._raw.close()

    def abort(self) -> None:
        """Closes at once."""
        self._raw.abort()

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._raw.is_closing()

    @property
    def is_shut(self) -> bool:
        """Whether our side is."""
        return self._is_shut

    def pause_reading(self) -> None:
        """Reads no more from the socket."""
        self._raw.pause_reading()

    def resume_reading(self) -> None:
        """Reads again."""
        self._raw.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Of encrypted bytes."""
        self._raw.set_write_buffer_limits(high, low)

    def _say_goodbye(self) -> None:
        if not self._is_shut:
            self._is_shut = True
            self._channel.say_goodbye()
            self.flush()


class TlsSession(asyncio.Protocol):
    """A sender's connection from its first encrypted byte to its last."""

    def __init__(self, shared: TlsHouse) -> None:
        self._shared = shared
        self._counters = shared.house.counters
        self._peer = peer_of(None)
        self._session: ForwardSession | None = None
        self._is_admitted = False
        self._has_ended = False
        self._deadline = Deadline(shared.house.settings.handshake_timeout_s, self._miss)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A sender connected."""
        self._raw = cast("asyncio.Transport", transport)
        self._peer = peer_of(transport.get_extra_info("peername"))
        refusal = self._shared.house.admission.arrive(self._peer.source)
        if refusal is not None:
            self._counters.connections_refused[refusal] += 1
            self._raw.abort()
            return
        self._is_admitted = True
        self._shared.handshaking.add(self)
        self._channel = TlsChannel(self._shared.certificates.context())
        self._transport = TlsTransport(self._raw, self._channel)
        self._deadline.arm()

    def data_received(self, data: bytes) -> None:
        """Encrypted bytes came."""
        if self._has_ended or self._raw.is_closing() or self._transport.is_shut:
            return
        try:
            self._channel.receive(data)
            if self._session is None and not self._shake_hands():
                return
            self._deliver()
        except TlsError as error:
            self._fail(error)

    def eof_received(self) -> bool:
        """The sender shut its side of the socket, with or without a goodbye."""
        if self._session is not None:
            self._end()
            return True
        return False

    def pause_writing(self) -> None:
        """The sender does not read."""
        if self._session is not None:
            self._session.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._session is not None:
            self._session.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        if self._session is not None:
            self._session.connection_lost(exc)
        elif self._is_admitted:
            if self._channel.has_received:
                self._count_failure(TlsError(BROKEN_OFF, "so do some that do not accept our certificate"))
            else:
                self._counters.probes += 1
            self._leave()

    # What the server calls.

    def abort(self) -> None:
        """Closes at once."""
        self._raw.abort()

    # The handshake, and after.

    def _shake_hands(self) -> bool:
        """Goes on with the handshake; once it is done the session takes over."""
        is_done = self._channel.handshake()
        self._transport.flush()
        if is_done:
            self._counters.tls_handshakes += 1
            self._leave()
            self._session = self._shared.session()
            self._session.connection_made(self._transport)
        return is_done

    def _deliver(self) -> None:
        plain = self._channel.read()
        self._transport.flush()
        if self._session is None or self._raw.is_closing():
            return
        if plain.data:
            self._session.data_received(plain.data)
        if plain.is_end:
            self._end()

    def _end(self) -> None:
        """The sender said goodbye, or shut its side of the socket; which often follow each other."""
        if not self._has_ended and self._session is not None:
            self._has_ended = True
            self._session.eof_received()

    def _fail(self, error: TlsError) -> None:
        self._count_failure(error)
        if self._session is None:
            self._leave()
        self._has_ended = True
        self._transport.flush()
        self._raw.close()

    def _miss(self) -> None:
        self._count_failure(TlsError(TOO_SLOW))
        self._leave()
        self._raw.abort()

    def _count_failure(self, error: TlsError) -> None:
        """Counts it, and tells of it once in a while: strangers can cause it as often as they like."""
        self._counters.tls_failures[error.reason] += 1
        house = self._shared.house
        more = house.ration.ask((self._peer.source, "TLS", error.reason), house.clock.monotonic_ns())
        if more is not None:
            detail = f" ({error.detail})" if error.detail else ""
            told = f"{error.reason}{detail}{more}"
            _log.warning("no TLS with %s on listener %s: %s", self._peer.name, self._shared.name, told)

    def _leave(self) -> None:
        """The handshake is over: the session counts for itself."""
        self._deadline.disarm()
        if self._is_admitted:
            self._is_admitted = False
            self._shared.handshaking.discard(self)
            self._shared.house.admission.leave(self._peer.source)
