"""A question as the command line asks it, and whom it asks: a server, or a data directory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from logstore.app.cli.addresses import DEFAULT_SERVER
from logstore.app.window import WindowRequest, resolve
from logstore.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of an answer are wanted, and of which snapshot; ids as earlier answers told them."""

    at: str | None = None
    after: str | None = None
    ids: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, in the query language or in SQL.

    Raises:
        WindowError: the window makes no sense. Found here, before anything is asked, it is bad usage.
    """

    text: str
    window: WindowRequest
    limit: int | None
    page: Page = Page()
    is_sql: bool = False

    def __post_init__(self) -> None:
        resolve(self.window, time.time_ns())

    @property
    def path(self) -> str:
        """Of the HTTP API's route that answers it."""
        return "/api/v1/sql" if self.is_sql else "/api/v1/query"

    def as_request(self) -> dict[str, object]:
        """The body of a request to the HTTP API. Durations stay durations: the server's clock decides what now is."""
        fields = {
            "query": self.text,
            "since": self.window.since,
            "from": self.window.start,
            "to": self.window.end,
            "all": True if self.window.everything else None,
            "limit": self.limit,
            "at": self.page.at,
            "after": self.page.after,
            "ids": True if self.page.ids else None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def as_explain_request(self, *, is_analyzed: bool) -> dict[str, object]:
        """Likewise, to have it explained, with what answering it takes if it is to be analyzed."""
        return {**self.as_request(), "analyze": is_analyzed}


@dataclass(frozen=True, slots=True)
class ServerTarget:
    """A running server, by its URL."""

    url: str


@dataclass(frozen=True, slots=True)
class DirectoryTarget:
    """A data directory."""

    path: Path


def target(server: str | None, data: Path | None) -> ServerTarget | DirectoryTarget:
    """Whom to ask.

    Raises:
        SettingsError: both were named.
    """
    if data is None:
        return ServerTarget(server or DEFAULT_SERVER)
    if server is not None:
        raise SettingsError("--server and --data contradict each other", "give one of them")
    return DirectoryTarget(data)
