"""`/healthz`, `/readyz` and `/metrics`: what platforms ask of a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from logstore.app.api.errors import json_line
from logstore.errors import LogstoreError
from logstore.metrics import Metric, exposition


@dataclass(slots=True)
class Readiness:
    """Whether the server takes work: not before it has recovered, not once it has begun to stop."""

    is_ready: bool = False


class HealthHandlers:
    """Answers platforms.

    Args:
        readiness: whether the server takes work.
        metrics: gives all metrics, as they are now.
        refusal: says why the server takes nothing in, if so.
    """

    def __init__(
        self,
        readiness: Readiness,
        metrics: Callable[[], Iterable[Metric]],
        refusal: Callable[[], LogstoreError | None] = lambda: None,
    ) -> None:
        self._readiness = readiness
        self._refusal = refusal
        self._metrics = metrics

    async def healthz(self, request: web.Request) -> web.Response:
        """The process is alive and its event loop turns."""
        del request
        return json_line({"status": "ok"})

    async def readyz(self, request: web.Request) -> web.Response:
        """Whether to send work here: questions are answered also while nothing is taken in."""
        del request
        if not self._readiness.is_ready:
            return json_line({"status": "not ready"}, 503)
        refusal = self._refusal()
        if refusal is not None:
            return json_line({"status": "not ready", "reason": str(refusal)}, 503)
        return json_line({"status": "ready"})

    async def metrics(self, request: web.Request) -> web.Response:
        """All metrics."""
        body, content_type = exposition(self._metrics(), request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})
