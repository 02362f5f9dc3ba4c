"""How a signal ends the process, also where the kernel would not have it.

A process that is the first of its container (PID 1) gets no signal that it does not handle: the kernel drops what would
end any other process. There every signal that is to end it needs a handler.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Final

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

_INIT_PID: Final = 1
# What shells tell of a process that a signal has ended.
_EXIT_BY_SIGNAL: Final = 128


def end_by(number: int) -> None:
    """Ends the process at once, as a signal does that is not handled. In the main thread."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    # PID 1 outlives that.
    os._exit(_EXIT_BY_SIGNAL + number)


def let_end(number: int) -> None:
    """From now on a signal ends the process at once. In the main thread."""
    signal.signal(number, _end if os.getpid() == _INIT_PID else signal.SIG_DFL)


def _end(number: int, _: FrameType | None) -> None:
    end_by(number)
