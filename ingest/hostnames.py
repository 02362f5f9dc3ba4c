"""Host names of senders, by reverse DNS: in threads of their own, a few at a time, remembered for a while.

A lookup can take as long as a name server likes, so nobody waits longer than `timeout_s`, and what has no name is
called by its address.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from logstore.clock import Clock

_NAME_NS: Final = 300 * 1_000_000_000
"""How long a name is believed. Longer shows names of machines that moved; shorter asks the name server more often."""

_NO_NAME_NS: Final = 60 * 1_000_000_000
"""How long it is believed that there is no name."""

_MOST_NAMES: Final = 10_000
_MOST_WAITING: Final = 1_000
_THREADS: Final = 4
_MAX_NAME_CHARACTERS: Final = 253

Found = Callable[[str], None]


def reverse_dns(address: str) -> str:
    """The name that the system's resolver has for an address; raises OSError when it has none. Blocks."""
    return socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]


class HostNames:
    """Belongs to the running event loop, but for the threads that ask; these start at the first question.

    Args:
        clock: tells how old an answer is.
        timeout_s: how long a question may take before the address does instead.
        lookup: asked in a thread; raises OSError when there is no name.
    """

    def __init__(self, clock: Clock, timeout_s: float, lookup: Callable[[str], str] = reverse_dns) -> None:
        self._clock = clock
        self._timeout_s = timeout_s
        self._lookup = lookup
        self._names: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._waiting: dict[str, list[Found]] = {}
        self._questions: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._loop = asyncio.get_running_loop()

    def known(self, address: str) -> str | None:
        """The name of an address if that was found out lately, else None."""
        name, expires_ns = self._names.get(address, ("", 0))
        return name if name and self._clock.monotonic_ns() < expires_ns else None

    def find(self, address: str, found: Found) -> None:
        """Calls `found`, later and once, with the name, or with the address when there is none or it takes too long."""
        if len(self._waiting) >= _MOST_WAITING:
            self._loop.call_soon(found, address)
            return
        if not self._threads:
            self._start()
        # As a list entry of its own, so that each caller's patience counts from its own question.
        waiting = self._waiting.setdefault(address, [])
        if not waiting:
            self._questions.put(address)
        once = _Once(found)
        waiting.append(once)
        self._loop.call_later(self._timeout_s, once, address)

    def close(self) -> None:
        """Asks nothing more; a question that is under way is left to itself."""
        for _ in self._threads:
            self._questions.put(None)

    def _start(self) -> None:
        # Daemons, which do not hold up the end of the process: a resolver's patience is out of our hands.
        self._threads = [threading.Thread(target=self._ask, name="hostnames", daemon=True) for _ in range(_THREADS)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while (address := self._questions.get()) is not None:
            try:
                name = self._lookup(address)[:_MAX_NAME_CHARACTERS].encode("utf-8", "replace").decode()
            except (OSError, UnicodeError):
                name = ""
            # The loop may be gone by now.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._learn, address, name)

    def _learn(self, address: str, name: str) -> None:
        expires_ns = self._clock.monotonic_ns() + (_NAME_NS if name else _NO_NAME_NS)
        self._names[address] = (name or address, expires_ns)
        self._names.move_to_end(address)
        if len(self._names) > _MOST_NAMES:
            self._names.popitem(last=False)
        for found in self._waiting.pop(address, []):
            found(name or address)


class _Once:
    """Passes on the first call only."""

    def __init__(self, found: Found) -> None:
        self._found: Found | None = found

    def __call__(self, name: str) -> None:
        found, self._found = self._found, None
        if found is not None:
            found(name)
