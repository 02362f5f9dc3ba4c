"""The forward listeners: bind, hand each connection to a session, and end in order."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.admission import Admission
from ingest.certificates import Certificates
from ingest.counters import IntakeCounters
from ingest.dedup import Dedup
from ingest.gate import Gate
from ingest.hostnames import HostNames
from ingest.intake import Flight, Intake
from ingest.peer import UNIX
from ingest.session import ForwardSession, House
from ingest.settings import ForwardSettings, Listener, TcpListener, UnixListener
from ingest.sink import Sink
from ingest.tls_session import TlsHouse, TlsSession
from ingest.udp_heartbeat import UdpHeartbeat, socket_beside
from ingest.unfinished import Unfinished
from ingest.unix_socket import SocketFile
from logstore.clock import Clock
from logstore.errors import WorldError

_log = logging.getLogger(__name__)


class ListenError(WorldError):
    """What a listener should listen on cannot be had."""

    def __init__(self, listener: Listener, cause: OSError) -> None:
        said = cause.strerror or str(cause)
        if isinstance(listener, UnixListener):
            super().__init__(
                f"cannot listen on the socket file {listener.path}: {said}",
                "stop the program that listens there, or set a path in a directory that the server's user may write to",
            )
        else:
            super().__init__(
                f"cannot listen on {listener.host}:{listener.port}: {said}",
                "stop the program that listens there, or set another host or port",
            )


class ForwardServer:
    """Listens while it is entered: `async with ForwardServer(...) as server`.

    Leaving drains: no connection is accepted and nothing is read any more, what was read is stored and acked, then
    every connection is closed, all within `settings.drain_timeout_s`.

    Args:
        settings: where to listen, and the limits.
        sink: where chunks go. It must outlive the server.
        clock: gives receive times, and the first connection number, which must be above those of earlier processes.
        counters: counted into.
    """

    def __init__(self, settings: ForwardSettings, sink: Sink, clock: Clock, counters: IntakeCounters) -> None:
        self._settings = settings
        self._sink = sink
        self._clock = clock
        self._counters = counters
        self._tasks = asyncio.TaskGroup()
        self._gate_task: asyncio.Task[None] | None = None
        self._bound: list[tuple[Listener, asyncio.Server]] = []
        self._hostnames: HostNames | None = None
        self._heartbeats: list[asyncio.DatagramTransport] = []
        self._socket_files: list[SocketFile] = []
        self._certificates: list[Certificates] = []
        self._sessions: set[ForwardSession] = set()
        self._handshaking: set[TlsSession] = set()
        self._no_sessions = asyncio.Event()
        self._admission = Admission(settings.max_connections, settings.max_connections_per_source, exempt=UNIX)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first TCP listener (of several addresses, the first)."""
        for listener, server in self._bound:
            if isinstance(listener, TcpListener) and server.sockets:
                host, port = server.sockets[0].getsockname()[:2]
                return host, port
        raise RuntimeError("the server does not listen on TCP")

    @property
    def addresses(self) -> dict[str, tuple[str, int] | Path]:
        """What each listener listens on, by its name: host and port, or a socket file."""
        return {
            listener.name: listener.path if isinstance(listener, UnixListener) else server.sockets[0].getsockname()[:2]
            for listener, server in self._bound
        }

    async def __aenter__(self) -> Self:
        """Binds and starts to serve.

        Raises:
            ListenError: an address cannot be had.
            SettingsError: TLS files cannot be used.
        """
        first = self._clock.now_ns()
        dedup = Dedup[Flight](self._sink, first, self._clock.monotonic_ns())
        gate = Gate(self._sink)
        if self._settings.finds_hostnames:
            self._hostnames = HostNames(self._clock, self._settings.hostname_timeout_s)
        house = House(
            settings=self._settings,
            intake=Intake(self._sink, dedup, self._clock, self._counters),
            gate=gate,
            admission=self._admission,
            unfinished=Unfinished(self._settings.max_unfinished_bytes),
            clock=self._clock,
            counters=self._counters,
            sessions=self._sessions,
            on_empty=self._no_sessions.set,
            hostnames=self._hostnames,
        )
        numbers = itertools.count(first)
        try:
            for listener in self._settings.listeners:
                await self._bind(listener, self._protocols(listener, house, numbers))
        except BaseException:
            self._stop_listening()
            raise
        await self._tasks.__aenter__()
        self._gate_task = self._tasks.create_task(gate.run(), name="forward gate")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drains, then ends all that belongs to the server."""
        await self.drain()
        if self._gate_task is not None:
            self._gate_task.cancel()
        if self._hostnames is not None:
            self._hostnames.close()
        # The body's own error goes on as it is; the group would wrap it.
        await self._tasks.__aexit__(None, None, None)

    def reload_certificates(self) -> None:
        """Reads the files of TLS again, now; what cannot be used is told in the log, and the old stay in use."""
        for certificates in self._certificates:
            certificates.reload()

    async def drain(self) -> None:
        """Ends all connections in order; those that take longer than `drain_timeout_s` are cut. May be called twice."""
        self._admission.close()
        self._stop_listening()
        for connection in tuple(self._handshaking):
            connection.abort()
        if not self._sessions:
            return
        self._no_sessions.clear()
        for session in tuple(self._sessions):
            session.finish()
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                await self._no_sessions.wait()
        except TimeoutError:
            self._cut_the_rest()
            await self._no_sessions.wait()

    def _protocols(
        self, listener: Listener, house: House, numbers: Iterator[int]
    ) -> Callable[[], ForwardSession | TlsSession]:
        """Makes what drives a new connection of a listener."""

        def session() -> ForwardSession:
            return ForwardSession(house, next(numbers), listener)

        if listener.tls is None:
            return session
        # Where HELO is the first thing said, every sender reads; elsewhere some never do.
        tickets = listener.security is not None
        certificates = Certificates(listener.name, listener.tls, self._clock, self._counters, tickets=tickets)
        self._certificates.append(certificates)
        shared = TlsHouse(listener.name, house, certificates, session, self._handshaking)
        return lambda: TlsSession(shared)

    async def _bind(self, listener: Listener, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        try:
            if isinstance(listener, UnixListener):
                await self._bind_unix(listener, protocol)
            else:
                await self._bind_tcp(listener, protocol)
        except OSError as error:
            raise ListenError(listener, error) from error

    async def _bind_unix(self, listener: UnixListener, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        file = SocketFile(listener.path, listener.mode)
        self._socket_files.append(file)
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(protocol, sock=file.socket, backlog=self._settings.backlog)
        self._bound.append((listener, server))

    async def _bind_tcp(self, listener: TcpListener, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(protocol, listener.host, listener.port, backlog=self._settings.backlog)
        self._bound.append((listener, server))
        for bound in server.sockets:
            beside = socket_beside(bound)
            endpoint = await loop.create_datagram_endpoint(lambda: UdpHeartbeat(self._counters), sock=beside)
            self._heartbeats.append(endpoint[0])

    def _stop_listening(self) -> None:
        for _, server in self._bound:
            server.close()
        for heartbeat in self._heartbeats:
            heartbeat.close()
        for file in self._socket_files:
            file.remove()

    def _cut_the_rest(self) -> None:
        _log.warning("%d connections did not end in time and are cut", len(self._sessions))
        for session in tuple(self._sessions):
            self._counters.connections_cut["shutdown took too long"] += 1
            session.abort()
