"""`/api/v1/fields` and `/api/v1/field_values`."""

from __future__ import annotations

from concurrent.futures import Executor

from aiohttp import web

from logstore.app.api.listings import DEFAULT_LIMIT, respond
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.fields import BRIEF, list_fields
from logstore.app.held import Held
from logstore.app.listing import Listing, check_limit
from logstore.app.questions import Cancellation, Desk, Question
from logstore.app.tracing.current import current_trace
from logstore.app.values import BRIEF as VALUES_BRIEF
from logstore.app.values import values_of, values_question
from logstore.app.window import resolve
from logstore.clock import Clock

FIELDS_PARAMETERS = ("query", *WINDOW_PARAMETERS, "format")
VALUES_PARAMETERS = (*FIELDS_PARAMETERS, "field", "prefix", "limit")


class FieldsHandlers:
    """Tells which fields there are, and which values they have.

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
        question = Question(parameters.values.get("query", "*"), window, None, now_ns, trace=current_trace.get())

        leaving = Cancellation()

        def make() -> Listing:
            return list_fields(self._desk.fields(question, leaving))

        return await respond(make, BRIEF, parameters, self._executor, leaving)

    async def values(self, request: web.Request) -> web.Response:
        """Lists the most frequent values of a field."""
        parameters = await read_parameters(request, VALUES_PARAMETERS)
        now_ns, get = self._clock.now_ns(), parameters.values.get
        limit = parameters.count("limit") or DEFAULT_LIMIT
        check_limit(limit)
        text, field, prefix = get("query", "*"), parameters.required("field"), get("prefix", "")
        window, leaving, trace = resolve(parameters.window(), now_ns), Cancellation(), current_trace.get()

        def make() -> Held:
            question = Question(values_question(text, field, prefix, limit), window, None, now_ns, trace=trace)
            with self._desk.ask(question, leaving) as answer:
                return values_of(answer, limit)

        return await respond(make, VALUES_BRIEF, parameters, self._executor, leaving)
