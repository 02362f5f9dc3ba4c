"""Where the log goes: to stderr, as the settings say, and with it what Python would write there by itself."""

from __future__ import annotations

import logging
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from logstore.app.own_log.fields import level_of
from logstore.app.own_log.lines import JsonLines, TextLines
from logstore.config.log import LogSettings

_log = logging.getLogger("logstore")


class LineCounter(logging.Handler):
    """Counts lines by their level."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Counter[str](debug=0, info=0, warn=0, error=0, fatal=0)

    def emit(self, record: logging.LogRecord) -> None:
        """Counts one."""
        self.lines[level_of(record)] += 1


@contextmanager
def listening(*handlers: logging.Handler) -> Iterator[None]:
    """Has handlers told of everything that is logged while the context is open."""
    root = logging.getLogger()
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            root.removeHandler(handler)


def log_to_stderr(settings: LogSettings) -> None:
    """Has everything logged to stderr from now on, errors that nobody caught and warnings of Python included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.format == "json" else TextLines())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    if settings.format == "json":
        # In text they stand on stderr as every Python program writes them.
        logging.captureWarnings(capture=True)
        threading.excepthook = _tell_of_thread


def _tell_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        name = "" if ended.thread is None else ended.thread.name
        _log.critical("thread %s ended", name, exc_info=ended.exc_value)
