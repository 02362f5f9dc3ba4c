"""Errors as responses: always JSON, always the status of the one table."""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientConnectionResetError, web

from logstore.app.api.refusal import RefusalError
from logstore.app.api.requests import ASKER_GONE
from logstore.app.blame import describe, verdict

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def error_response(error: BaseException) -> web.Response:
    """The response for an error."""
    status = error.status if isinstance(error, RefusalError) else verdict(error).status
    return json_line({"error": describe(error)}, status)


def json_line(value: dict[str, Any], status: int = 200) -> web.Response:
    """JSON with a line feed after it, for people with curl."""
    return json_body(json_bytes(value), status)


def json_bytes(value: dict[str, Any]) -> bytes:
    """The text of such an answer."""
    return (json.dumps(value, ensure_ascii=False) + "\n").encode()


def json_body(body: bytes, status: int = 200) -> web.Response:
    """A response with such a text."""
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


def _told(status: int, message: str, hint: str = "") -> web.Response:
    told: dict[str, Any] = {"message": message}
    if hint:
        told["hint"] = hint
    return json_line({"error": told}, status)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns what a handler raises into a response; a bug is logged."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return _told(404, f"there is nothing at {request.path}", _nearest_route(request))
    except web.HTTPMethodNotAllowed as error:
        response = _told(
            405, f"{request.path} does not take {request.method}", f"use {' or '.join(sorted(error.allowed_methods))}"
        )
        response.headers["Allow"] = ",".join(sorted(error.allowed_methods))
        return response
    except web.HTTPRequestEntityTooLarge:
        return _told(413, "the request is too long", "the setting http.max_request_bytes limits it")
    except web.HTTPException as error:
        return _told(error.status, error.reason)
    except Exception as error:
        if isinstance(error, ClientConnectionResetError):
            # The asker left while the answer was written. Nobody is told this, but it is counted.
            response = web.Response(status=ASKER_GONE)
        else:
            response = error_response(error)
        if response.status == web.HTTPInternalServerError.status_code:
            log.exception("%s %s failed", request.method, request.path)
        return response


def _nearest_route(request: web.Request) -> str:
    routes = sorted({resource.canonical for resource in request.app.router.resources()})
    close = difflib.get_close_matches(request.path, routes, n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(routes)}"
