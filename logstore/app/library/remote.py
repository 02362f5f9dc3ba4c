"""Asking a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from logstore.app.answers import Answer
from logstore.app.cli.asking import Asked
from logstore.app.cli.http import Request, send
from logstore.app.cli.remote import RemoteAnswer
from logstore.app.library.logs import FieldInfo
from logstore.app.library.rows import moment
from logstore.errors import WorldError
from logstore.model.schema import TIME
from query.lang.values import time_of


class RemoteLogs:
    """A server, by its URL; see `logs.Answering`."""

    def __init__(self, server: str) -> None:
        self._server = server

    @contextmanager
    def ask(self, asked: Asked, *, is_export: bool) -> Iterator[Answer]:
        """The answer, for as long as the context is open."""
        path = "/api/v1/export" if is_export else asked.path
        with closing(RemoteAnswer(self._server, Request(path, asked.as_request()))) as answer:
            yield answer

    def explain(self, asked: Asked, *, is_analyzed: bool) -> str:
        """How it would be answered; or is, and what that took."""
        body = asked.as_explain_request(is_analyzed=is_analyzed)
        with send(self._server, Request("/api/v1/explain", body)) as response:
            return response.read().decode()

    def fields(self, asked: Asked) -> list[FieldInfo]:
        """The fields that the events of a search may have."""
        with send(self._server, Request("/api/v1/fields", {**asked.as_request(), "format": "jsonl"})) as response:
            rows = [json.loads(line) for line in response]
        return [
            FieldInfo(row["field"], tuple(row.get("kinds", "").split(", ")) if "kinds" in row else ()) for row in rows
        ]

    def tail(self, text: str) -> Iterator[dict[str, Any]]:
        """Matching events as they arrive."""
        # Sent now: a query that is wrong is told before the first event.
        response = send(self._server, Request("/api/v1/tail", {"query": text}), timeout_s=None)

        def events() -> Iterator[dict[str, Any]]:
            with response:
                for line in response:
                    if line.strip():
                        yield _row(json.loads(line))
            raise WorldError("the server ended the tail", "it was probably stopped")

        return events()

    def close(self) -> None:
        """Nothing is kept."""


def _row(event: dict[str, Any]) -> dict[str, Any]:
    point = time_of(event[TIME]) if isinstance(event.get(TIME), str) else None
    return event if point is None else {**event, TIME: moment(point.start_ns)}
