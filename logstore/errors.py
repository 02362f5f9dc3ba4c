"""Every error that Logstore raises on purpose, sorted by who has to act.

* `CallerError`: what was asked cannot be done (a bad query, a bad setting). The caller changes the request.
* `WorldError`: the surroundings refused (disk full, corrupt file, directory locked). An operator acts.
* Anything else that escapes is a bug of ours.

`logstore.app.blame` holds the one table from these families to HTTP statuses and exit codes.
"""

from __future__ import annotations

from dataclasses import dataclass


class LogstoreError(Exception):
    """Base of all deliberate errors: one sentence of what went wrong, and a hint of what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class CallerError(LogstoreError):
    """The request is wrong; the same request will fail again."""


class SettingsError(CallerError):
    """A setting, option or configuration file cannot be used."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of characters [start, end) in a query's text."""

    start: int
    end: int


class QueryError(CallerError):
    """A query that cannot be run as written.

    Args:
        message: what is wrong, without the position.
        text: the whole query.
        span: the characters at fault, where they are known.
        hint: what to write instead.
    """

    def __init__(self, message: str, text: str = "", span: Span | None = None, hint: str = "") -> None:
        super().__init__(message, hint)
        self.text = text
        self.span = span

    @property
    def line(self) -> int:
        """1-based line of the fault; 1 when the place is unknown."""
        return 1 if self.span is None else self.text.count("\n", 0, self.span.start) + 1

    @property
    def column(self) -> int:
        """1-based column of the fault, in characters; 1 when the place is unknown."""
        if self.span is None:
            return 1
        return self.span.start - (self.text.rfind("\n", 0, self.span.start) + 1) + 1

    def __str__(self) -> str:
        return self.diagram() if self.text and self.span is not None else super().__str__()

    def diagram(self) -> str:
        """The message with the faulty line, a caret run under the fault, and the hint."""
        lines = [f"{self.message} (line {self.line}, column {self.column})" if self.span else self.message]
        if self.span is not None:
            faulty = self.text.split("\n")[self.line - 1]
            width = min(max(1, self.span.end - self.span.start), max(1, len(faulty) - self.column + 1))
            # A tab in front of the caret must be as wide as the tab above it.
            margin = "".join("\t" if char == "\t" else " " for char in faulty[: self.column - 1])
            lines += [f"  {faulty}", f"  {margin}{'^' * width}"]
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


class GoneError(CallerError):
    """What is asked for by its id was there once, perhaps, and is kept no longer."""


class LimitExceededError(CallerError):
    """The query ran past one of its limits (time, memory, rows) and was ended."""


class QueryCancelledError(LogstoreError):
    """The asker went away, or cancelled; nobody is waiting for this answer."""


class OverloadedError(LogstoreError):
    """Too much is going on right now; the same request may succeed later."""


class WorldError(LogstoreError):
    """The surroundings refused; the request itself is fine."""


class StorageError(WorldError):
    """A write, sync, rename or read of the data directory failed (disk full, permissions, device error)."""


class CorruptionError(WorldError):
    """Stored bytes are not what was written.

    Args:
        message: what was expected and what was found.
        path: the file.
        offset: byte offset of the fault, where it is known.
        remedy: what an operator can do.
    """

    def __init__(self, message: str, path: str, offset: int | None = None, remedy: str = "") -> None:
        where = path if offset is None else f"{path} at byte {offset}"
        super().__init__(f"{where}: {message}", remedy)
        self.what = message
        self.path = path
        self.offset = offset


class DirectoryLockedError(WorldError):
    """Another server owns the data directory."""

    def __init__(self, path: str, pid: int) -> None:
        super().__init__(
            f"data directory {path} is in use by the server with pid {pid}",
            "stop that server, or give this one its own --data DIR",
        )
        self.path = path
        self.pid = pid
