"""`/api/v1/fields`."""

from __future__ import annotations

from concurrent.futures import Executor

from aiohttp import web

from logstore.app.api.listings import respond
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.fields import BRIEF, list_fields
from logstore.app.listing import Listing
from logstore.app.questions import Cancellation, Desk, Question
from logstore.app.window import resolve
from logstore.clock import Clock

FIELDS_PARAMETERS = ("query", *WINDOW_PARAMETERS, "format")


class FieldsHandlers:
    """Tells which fields there are.

    Args:
        desk: who knows.
        clock: says when it was asked.
        executor: threads that look.
    """

    def __init__(self, desk: Desk, clock: Clock, executor: Executor) -> None:
        self._desk = desk
        self._clock = clock
        self._executor = executor

    async def fields(self, request: web.Request) -> web.Response:
        """Lists the fields that the events of a search may have; of all events where none is given."""
        parameters = await read_parameters(request, FIELDS_PARAMETERS)
        now_ns = self._clock.now_ns()
        window = resolve(parameters.window(), now_ns)
        question = Question(parameters.values.get("query", "*"), window, None, now_ns)

        leaving = Cancellation()

        def make() -> Listing:
            return list_fields(self._desk.fields(question, leaving))

        return await respond(make, BRIEF, parameters, self._executor, leaving)
