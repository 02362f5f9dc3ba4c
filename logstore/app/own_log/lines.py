"""How a line of the log is written, for people or for programs."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Final

from logstore.app.own_log.fields import fields_of

ANNOUNCEMENT: Final = {"is_announcement": True}
"""`extra` of a record that people and scripts wait for: in text it is a line without anything before it."""


class TextLines(logging.Formatter):
    """For people: time, level, logger, message, and a traceback below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return record.getMessage() if hasattr(record, "is_announcement") else super().format(record)


class JsonLines(logging.Formatter):
    """For programs: an object, which `logstore` and other stores of logs read as an event."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
        return json.dumps({"time": time.replace("+00:00", "Z"), **fields_of(record)}, ensure_ascii=False)
