"""`/api/v1/version`: which server this is, and what its clock says."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from logstore import __version__
from logstore.app.api.errors import json_line
from logstore.app.formats.instants import instant_text
from logstore.clock import Clock


@dataclass(frozen=True, slots=True)
class VersionHandlers:
    """Tells programs what they talk to; `clock` is what dates events and questions."""

    clock: Clock

    async def version(self, request: web.Request) -> web.Response:
        """The version, and the time: a clock that is wrong puts new events outside of windows that end now."""
        del request
        now = instant_text(self.clock.now_ns())
        response = json_line({"version": __version__, "time": now})
        response.headers["Cache-Control"] = "no-store"
        return response
