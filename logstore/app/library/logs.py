"""The object that programs ask: the same for a server and for a data directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

from logstore.app.answers import Answer
from logstore.app.cli.asking import Asked, Page
from logstore.app.library.result import Result
from logstore.app.window import WindowRequest
from logstore.errors import CallerError

Moment: TypeAlias = str | datetime
"""A time: RFC 3339 text, `now`, a duration before now such as `2h`, or a `datetime` that knows its zone."""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A field that events have.

    Attributes:
        name: its name.
        kinds: the kinds of its values; empty for a rare field, which has no column of its own.
    """

    name: str
    kinds: tuple[str, ...]


class Answering(Protocol):
    """Whoever is asked."""

    def ask(self, asked: Asked, *, is_export: bool) -> AbstractContextManager[Answer]:
        """The answer, for as long as the context is open."""

    def explain(self, asked: Asked, *, is_analyzed: bool) -> str:
        """How it would be answered; or is, and what that took."""

    def fields(self, asked: Asked) -> Sequence[FieldInfo]:
        """The fields that the events of a search may have."""

    def tail(self, text: str) -> Iterator[dict[str, Any]]:
        """Matching events as they arrive."""

    def close(self) -> None:
        """Lets go of everything."""


class Logs:
    """Stored events, to be asked questions. Made by `logstore.open` or `logstore.connect`.

    A question is about the last hour unless `since`, `start` and `end`, or `everything` say otherwise, as on the
    command line. All methods raise `logstore.errors.LogstoreError`: its message says what is wrong, its `hint` what to
    do.
    """

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def query(  # noqa: PLR0913 (options, each by its name)
        self,
        text: str = "*",
        *,
        since: str | timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        everything: bool = False,
        limit: int | None = None,
        at: str | None = None,
        after: str | None = None,
        ids: bool = False,
    ) -> Result:
        """Asks a question in the query language.

        Args:
            text: the query.
            since: how far back from now; `"15m"` or a `timedelta`.
            start: from when.
            end: up to when, not included.
            everything: of all times.
            limit: rows at most; by default 1,000 of event rows that the query neither sorts nor cuts, else all.
            at: ask the snapshot of an earlier answer, by its fact `snapshot`.
            after: go on behind a row, by its id: the fact `next` of a cut answer, or a value of `_row`.
            ids: give each event its id, in a column `_row`.

        Raises:
            LogstoreError: it cannot be answered as it stands.
        """
        asked = Asked(text, _window(since, start, end, everything=everything), limit, Page(at, after, ids))
        return Result(self._answering.ask(asked, is_export=False))

    def sql(  # noqa: PLR0913 (likewise)
        self,
        text: str,
        *,
        since: str | timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        everything: bool = False,
        limit: int | None = None,
        at: str | None = None,
    ) -> Result:
        """Asks a question in SQL: one SELECT, from the table `logs`.

        Args:
            text: the statement.
            since: how far back from now; `"15m"` or a `timedelta`.
            start: from when.
            end: up to when, not included.
            everything: of all times.
            limit: rows at most; by default 10,000, or as many as its LIMIT says.
            at: ask the snapshot of an earlier answer, by its fact `snapshot`.

        Raises:
            LogstoreError: it cannot be answered as it stands.
        """
        asked = Asked(text, _window(since, start, end, everything=everything), limit, Page(at), is_sql=True)
        return Result(self._answering.ask(asked, is_export=False))

    def export(
        self,
        text: str = "*",
        *,
        since: str | timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        everything: bool = False,
    ) -> Result:
        """Likewise, all rows however many: best streamed, by `for row in …` or `batches()`."""
        asked = Asked(text, _window(since, start, end, everything=everything), None)
        return Result(self._answering.ask(asked, is_export=True))

    def fields(
        self,
        search: str = "*",
        *,
        since: str | timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        everything: bool = False,
    ) -> list[FieldInfo]:
        """The fields that the events of a search may have, by name; rare ones last."""
        asked = Asked(search, _window(since, start, end, everything=everything), None)
        return list(self._answering.fields(asked))

    def explain(
        self,
        text: str,
        *,
        since: str | timedelta | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        everything: bool = False,
        analyze: bool = False,
    ) -> str:
        """How a query would be answered: its plan, what is read and why not the rest, the SQL.

        With `analyze` it is answered, the rows are thrown away, and where the time went and what was read is told too.
        """
        asked = Asked(text, _window(since, start, end, everything=everything), None)
        return self._answering.explain(asked, is_analyzed=analyze)

    def tail(self, search: str = "*") -> Iterator[dict[str, Any]]:
        """Events that match, as they arrive; for ever. Rows are as in `Result.rows`."""
        return self._answering.tail(search)

    def close(self) -> None:
        """Lets go of everything. Results must be read before."""
        self._answering.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _window(
    since: str | timedelta | None, start: Moment | None, end: Moment | None, *, everything: bool
) -> WindowRequest:
    ago = f"{_microseconds(since)}us" if isinstance(since, timedelta) else since
    return WindowRequest(ago, _spelled(start), _spelled(end), everything)


def _microseconds(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)


def _spelled(moment: Moment | None) -> str | None:
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise CallerError(
            f"a time without a zone: {moment.isoformat()}", "give it one: datetime(…, tzinfo=datetime.UTC)"
        )
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
