"""What Ctrl-C does: it ends the process at once, or raises KeyboardInterrupt in a command that has to clean up.

A shell starts background jobs with SIGINT ignored; that is left as it is. SIGTERM ends the process, in a
container too.
"""

from __future__ import annotations

import signal

from logstore.app.endings import STOP_SIGNALS, let_end


def end_at_once() -> None:
    """From now on SIGTERM and Ctrl-C end the process, without a word: there is nothing to clean up."""
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            let_end(number)


def raise_interrupts() -> None:
    """From now on Ctrl-C is an exception, as Python has it by default."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
