"""The forward listener: binds, hands each connection to a session, and ends in order."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ingest.admission import Admission
from ingest.counters import IntakeCounters
from ingest.dedup import Dedup
from ingest.gate import Gate
from ingest.hostnames import HostNames
from ingest.intake import Flight, Intake
from ingest.session import ForwardSession, House
from ingest.settings import ForwardSettings
from ingest.sink import Sink
from ingest.udp_heartbeat import UdpHeartbeat, socket_beside
from ingest.unfinished import Unfinished
from logstore.clock import Clock
from logstore.errors import WorldError

_log = logging.getLogger(__name__)


class ListenError(WorldError):
    """The address to listen on cannot be had."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        super().__init__(
            f"cannot listen on {host}:{port}: {cause.strerror or cause}",
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
        self._hostnames: HostNames | None = None
        self._listener: asyncio.Server | None = None
        self._heartbeats: list[asyncio.DatagramTransport] = []
        self._sessions: set[ForwardSession] = set()
        self._no_sessions = asyncio.Event()
        self._admission = Admission(settings.max_connections, settings.max_connections_per_source)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are listened on (of several, the first)."""
        if self._listener is None or not self._listener.sockets:
            raise RuntimeError("the server does not listen")
        host, port = self._listener.sockets[0].getsockname()[:2]
        return host, port

    async def __aenter__(self) -> Self:
        """Binds and starts to serve.

        Raises:
            ListenError: the address cannot be had.
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
        await self._bind(lambda: ForwardSession(house, next(numbers)))
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

    async def drain(self) -> None:
        """Ends all connections in order; those that take longer than `drain_timeout_s` are cut. May be called twice."""
        self._admission.close()
        self._stop_listening()
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

    async def _bind(self, session: Callable[[], ForwardSession]) -> None:
        loop, settings = asyncio.get_running_loop(), self._settings
        try:
            self._listener = await loop.create_server(session, settings.host, settings.port, backlog=settings.backlog)
            for bound in self._listener.sockets:
                beside = socket_beside(bound)
                endpoint = await loop.create_datagram_endpoint(lambda: UdpHeartbeat(self._counters), sock=beside)
                self._heartbeats.append(endpoint[0])
        except OSError as error:
            self._stop_listening()
            raise ListenError(settings.host, settings.port, error) from error

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for heartbeat in self._heartbeats:
            heartbeat.close()

    def _cut_the_rest(self) -> None:
        _log.warning("%d connections did not end in time and are cut", len(self._sessions))
        for session in tuple(self._sessions):
            self._counters.connections_cut["shutdown took too long"] += 1
            session.abort()
