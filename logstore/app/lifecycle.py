"""The life of a server: recover, listen, say so, work, drain, seal.

* The data directory is locked and recovered before anything listens: whoever connects meets a store that is whole.
  A signal to stop ends the process meanwhile (`logstore.app.stoppable_start`).
* The first SIGTERM or SIGINT drains: nothing new is taken, what was taken is stored and acknowledged, recent events
  are sealed, and the process exits with 0.
* A second one ends the process at once. That loses nothing that was acknowledged: the next start recovers it.
* SIGHUP has the files of TLS read again.
* A service manager that wants to know (`logstore.app.notify`) is told when the server is ready, and when it stops.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import uvloop

from ingest.server import ForwardServer
from logstore import __version__
from logstore.app import environment
from logstore.app.endings import STOP_SIGNALS, end_by, let_end
from logstore.app.listen import format_address
from logstore.app.memory import keep_freed_memory, spared_collector
from logstore.app.notify import READY, STOPPING, notify
from logstore.app.own_log.lines import ANNOUNCEMENT
from logstore.app.stoppable_start import Start
from logstore.app.wiring import House, open_house
from logstore.config.settings import Settings

_log = logging.getLogger(__name__)
# People and scripts wait for these lines, whatever else they want to know.
_log.setLevel(logging.INFO)


def serve(settings: Settings, start: Start) -> None:
    """Runs a server until it is told to stop. `start` is finished when it handles signals by itself.

    Raises:
        WorldError: the directory is locked or damaged, or an address cannot be had.
        SettingsError: settings contradict each other.
    """
    keep_freed_memory()
    with open_house(settings) as house, spared_collector():
        uvloop.run(_listen(house, start))


async def _listen(house: House, start: Start) -> None:
    with _stop_signals() as stop:
        if start.finish():
            stop.set()
        async with AsyncExitStack() as stack:
            stack.enter_context(house.turns.of(asyncio.get_running_loop()))
            forward = await stack.enter_async_context(house.forward_server())
            http = await stack.enter_async_context(house.http_server(stop))
            house.readiness.is_ready = True
            places = f"{', '.join(_places(house, forward))}, http {format_address(*http.address)}"
            _say(f"logstore {__version__} ready: {places}, data {house.settings.data}")
            notify(environment.notify_socket(), READY, f"STATUS=takes events: {places}")
            with _hang_up(forward.reload_certificates):
                await stop.wait()
            house.readiness.is_ready = False
            notify(environment.notify_socket(), STOPPING, "STATUS=stores what was received")
            _say("stopping: what was received is being stored; a second signal stops at once")


def _places(house: House, forward: ForwardServer) -> Iterator[str]:
    """Where senders connect, in words."""
    addresses = forward.addresses
    for listener in house.listeners:
        address = addresses[listener.name]
        place = f"unix:{address}" if isinstance(address, Path) else format_address(*address)
        yield f"{listener.name} {place}{' (TLS)' if listener.tls else ''}"


@contextmanager
def _hang_up(handle: Callable[[], None]) -> Iterator[None]:
    """SIGHUP calls `handle`; otherwise it would end the process."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, handle)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """An event that is set by the first signal to stop; the second one ends the process as if it were not handled."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def handle(number: int) -> None:
        if stop.is_set():
            end_by(number)
        stop.set()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, handle, number)
    try:
        yield stop
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
            # What is left is sealing; a second signal may end it.
            let_end(number)


def _say(line: str) -> None:
    _log.info(line, extra=ANNOUNCEMENT)
