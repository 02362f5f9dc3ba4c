"""A record of Python's `logging` as the fields of an event: the same in JSON lines and in the store."""

from __future__ import annotations

import logging
import traceback
from typing import Final

from logstore.model.timespan import NS_PER_SECOND

_LEVELS: Final = (
    (logging.CRITICAL, "fatal"),
    (logging.ERROR, "error"),
    (logging.WARNING, "warn"),
    (logging.INFO, "info"),
)


def level_of(record: logging.LogRecord) -> str:
    """Its level, by the names that events have."""
    return next((name for least, name in _LEVELS if record.levelno >= least), "debug")


def time_ns_of(record: logging.LogRecord) -> int:
    """When it was logged, Unix time in nanoseconds; `logging` knows it to the microsecond."""
    return round(record.created * 1e6) * (NS_PER_SECOND // 10**6)


def fields_of(record: logging.LogRecord) -> dict[str, str]:
    """What it says: `level`, `logger`, `message`, `thread`, and of an error `error`, `error_message` and `stack`."""
    fields = {
        "level": level_of(record),
        "logger": record.name,
        "message": record.getMessage(),
        "thread": record.threadName or "",
    }
    kind, error, trace = record.exc_info or (None, None, None)
    if kind is not None:
        fields["error"] = kind.__name__
        fields["error_message"] = str(error)
        fields["stack"] = "".join(traceback.format_exception(kind, error, trace))
    return fields
