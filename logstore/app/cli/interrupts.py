"""What Ctrl-C does: it ends the process at once, or raises KeyboardInterrupt in a command that has to clean up.

A shell starts background jobs with SIGINT ignored; that is left as it is.
"""

from __future__ import annotations

import signal


def end_at_once() -> None:
    """From now on Ctrl-C ends the process, without a word: there is nothing to clean up."""
    _handle(signal.SIG_DFL)


def raise_interrupts() -> None:
    """From now on Ctrl-C is an exception, as Python has it by default."""
    _handle(signal.default_int_handler)


def _handle(handler: signal._HANDLER) -> None:
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)
