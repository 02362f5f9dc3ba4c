"""Who is to blame for an error, and so which HTTP status and exit code it gets: the one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from logstore.errors import (
    CallerError,
    GoneError,
    LimitExceededError,
    LogstoreError,
    OverloadedError,
    QueryCancelledError,
    QueryError,
    WorldError,
)

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_PARTIAL = 3
"""The answer was written, and lacks what is damaged or missing."""
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error means to those outside."""

    status: int
    exit_code: int


_BUG = Verdict(500, EXIT_FAILED)

# The first family that an error belongs to counts, so the narrower ones come first.
_TABLE: tuple[tuple[type[LogstoreError], Verdict], ...] = (
    (GoneError, Verdict(410, EXIT_FAILED)),
    (QueryError, Verdict(400, EXIT_FAILED)),
    (LimitExceededError, Verdict(422, EXIT_FAILED)),
    (CallerError, Verdict(400, EXIT_USAGE)),
    (QueryCancelledError, Verdict(499, EXIT_INTERRUPTED)),
    (OverloadedError, Verdict(503, EXIT_FAILED)),
    (WorldError, Verdict(503, EXIT_FAILED)),
)


def verdict(error: BaseException) -> Verdict:
    """The row of the table for an error; what is in no family is a bug of ours."""
    return next((row for family, row in _TABLE if isinstance(error, family)), _BUG)


def describe(error: BaseException) -> dict[str, Any]:
    """An error as the object that the HTTP API answers with. A bug's words are not told to strangers."""
    if not isinstance(error, LogstoreError):
        return {"message": "internal error", "hint": "the server's log has the details"}
    told: dict[str, Any] = {"message": error.message}
    if error.hint:
        told["hint"] = error.hint
    if isinstance(error, QueryError):
        if error.span is not None:
            told |= {"line": error.line, "column": error.column, "start": error.span.start, "end": error.span.end}
        told["diagram"] = error.diagram()
    return told
