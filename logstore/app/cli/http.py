"""Requests to a server's HTTP API, with the standard library: it starts faster than any HTTP client."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from logstore.errors import (
    CallerError,
    GoneError,
    LimitExceededError,
    LogstoreError,
    OverloadedError,
    QueryCancelledError,
    SettingsError,
    WorldError,
)

_OK = 200
# Longer than any query may run by default; a live tail has no limit.
ANSWER_TIMEOUT_S = 600.0


class RemoteQueryError(LogstoreError):
    """A server refused a query: its message is the diagram that the server drew."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, of which path; what a GET asks stands in its URL."""

    path: str
    body: dict[str, Any]
    method: str = "POST"


def send(server: str, request: Request, timeout_s: float | None = ANSWER_TIMEOUT_S) -> http.client.HTTPResponse:
    """The response to a request, its body not read yet.

    Raises:
        SettingsError: `server` is no HTTP URL.
        WorldError: nobody answers.
        LogstoreError: the server answered with an error.
    """
    connection = _connection(server, timeout_s)
    try:
        # So that the response alone holds the socket, and closes it when it is closed or read to its end.
        headers = {"Connection": "close"}
        if request.method == "POST":
            headers["Content-Type"] = "application/json"
            connection.request("POST", request.path, json.dumps(request.body).encode(), headers)
        else:
            query = f"?{urlencode(request.body)}" if request.body else ""
            connection.request(request.method, f"{request.path}{query}", headers=headers)
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise WorldError(
            f"no Logstore server answers at {server} ({reason})",
            "start one with `logstore serve`, name another with --server URL, or read a directory with --data DIR",
        ) from error
    if response.status != _OK:
        raise _refusal(response.status, response.read())
    return response


def _connection(server: str, timeout_s: float | None) -> http.client.HTTPConnection:
    url = urlsplit(server if "//" in server else f"http://{server}")
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in {"http", "https"} or not url.hostname or port == -1:
        raise SettingsError(f"not the URL of a server: {server}", "it looks like http://127.0.0.1:24280")
    maker = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return maker(url.hostname, port, timeout=timeout_s)


def _refusal(status: int, body: bytes) -> LogstoreError:
    try:
        told = json.loads(body)["error"]
        return error_of(status, told)
    except (ValueError, KeyError, TypeError):
        return WorldError(f"the server answered with status {status}", "is it a Logstore server?")


def error_of(status: int, told: dict[str, Any]) -> LogstoreError:
    """The error that a server told, as one of ours."""
    if "diagram" in told:
        return RemoteQueryError(told["diagram"])
    families: dict[int, type[LogstoreError]] = {
        400: CallerError,
        410: GoneError,
        422: LimitExceededError,
        499: QueryCancelledError,
        503: OverloadedError,
    }
    return families.get(status, WorldError)(told["message"], told.get("hint", ""))
