"""A start that signals can stop: before a server listens, there is no event loop yet that would handle them.

Nothing is lost by that: a start may be killed at every instant, and the next one begins anew. So no exception is
raised, which would have to find its way out of whatever is being opened, past threads that run; the process ends.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from logstore.app import environment
from logstore.app.endings import STOP_SIGNALS, let_end
from logstore.app.notify import STOPPING, notify
from logstore.app.own_log.lines import ANNOUNCEMENT

_log = logging.getLogger(__name__)
_log.setLevel(logging.INFO)


class Start:
    """The time before a server listens."""

    def __init__(self) -> None:
        self._is_over = False
        self._is_signalled = False

    def finish(self) -> bool:
        """Somebody else handles signals from now on; whether one came that has not ended the process."""
        self._is_over = True
        return self._is_signalled

    def note(self, number: int, _: FrameType | None) -> None:
        """A signal came. Runs in the main thread, when that comes to it."""
        del number
        self._is_signalled = True

    def watch(self, numbers: socket.socket) -> None:
        """Ends the process when the number of a signal to stop arrives, unless the start is over by then."""
        while received := numbers.recv(1):
            if received[0] in STOP_SIGNALS and not self._is_over:
                notify(environment.notify_socket(), STOPPING, "STATUS=gives up its start")
                line = "stopping during the start: what was acknowledged is stored, and the next start goes on with it"
                _log.info(line, extra=ANNOUNCEMENT)
                os._exit(0)


@contextmanager
def stoppable_start() -> Iterator[Start]:
    """Has SIGTERM and SIGINT end the process, with 0, until the start is finished. In the main thread.

    One that is ignored stays so, as shells want it of what they run in the background. On the way out they end the
    process as they end any other.
    """
    start = Start()
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)  # noqa: FBT003 (its only parameter)
    # A thread, since handlers run between two steps of the main thread, and some of its steps are long.
    watcher = threading.Thread(target=start.watch, args=(ours,), name="start-watch", daemon=True)
    handled = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    with ours, theirs:
        watcher.start()
        before = signal.set_wakeup_fd(theirs.fileno())
        for number in handled:
            signal.signal(number, start.note)
        try:
            yield start
        finally:
            start.finish()
            for number in handled:
                let_end(number)
            signal.set_wakeup_fd(before)
            theirs.shutdown(socket.SHUT_RDWR)
            watcher.join()
