"""Counting the requests of the HTTP API."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Middleware

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

ASKER_GONE = 499
"""Stands for a status where nobody was there any more to be told one."""


@dataclass(slots=True)
class RequestCounters:
    """Counts since the start of the process, written from the event loop only."""

    by_status: Counter[str] = field(default_factory=Counter)


def counting(counters: RequestCounters) -> Middleware:
    """Counts each request, once it is answered. Goes around what makes responses of errors."""

    @web.middleware
    async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
        status = ASKER_GONE
        try:
            response = await handler(request)
            status = response.status
        except (asyncio.CancelledError, ConnectionError):
            raise
        except BaseException:
            status = web.HTTPInternalServerError.status_code
            raise
        finally:
            counters.by_status[str(status)] += 1
        return response

    return counted
