"""`/api/v1/parse`: whether a text is a query, and what it says. What is wrong with it is an answer too."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from logstore.app.api.errors import json_body, json_bytes
from logstore.app.api.listings import in_thread
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.blame import describe
from logstore.app.window import resolve
from logstore.clock import Clock
from logstore.errors import QueryError
from logstore.model.timespan import TimeSpan
from query.reading import Reading, read_query

PARSE_PARAMETERS: Final = ("query", *WINDOW_PARAMETERS)


@dataclass(frozen=True, slots=True)
class ParseHandlers:
    """Reads queries, and asks none.

    Attributes:
        clock: says when one was read.
        executor: threads that read: a long text takes a while.
    """

    clock: Clock
    executor: Executor

    async def parse(self, request: web.Request) -> web.Response:
        """Tells what a text says."""
        parameters = await read_parameters(request, PARSE_PARAMETERS)
        now_ns = self.clock.now_ns()
        text, window = parameters.required("query"), resolve(parameters.window(), now_ns)
        return json_body(await in_thread(lambda: json_bytes(_verdict(text, now_ns, window)), self.executor))


def _verdict(text: str, now_ns: int, window: TimeSpan) -> dict[str, Any]:
    try:
        return {"ok": True, **_told(read_query(text, now_ns, window))}
    except QueryError as error:
        return {"ok": False, "error": describe(error)}


def _told(reading: Reading) -> dict[str, Any]:
    stages = [{"name": each.name, "start": each.span.start, "end": each.span.end} for each in reading.stages]
    return {
        "canonical": reading.canonical,
        "search": reading.search,
        "yields": reading.yields.value,
        "live": reading.is_live,
        "stages": stages,
        "fields": list(reading.fields),
    }
