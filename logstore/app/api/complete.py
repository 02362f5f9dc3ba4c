"""`/api/v1/complete`: what may be written at a place of a query."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any, Final

from aiohttp import web

from logstore.app.api.errors import json_body, json_bytes
from logstore.app.api.listings import DEFAULT_LIMIT, in_thread
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.completion import (
    Completion,
    narrowing,
    of_fields,
    of_language,
    of_values,
    other_levels,
    wants_fields,
    wants_values,
)
from logstore.app.questions import Cancellation, Desk, Question
from logstore.app.tracing.current import current_trace
from logstore.app.values import values_question
from logstore.app.window import resolve
from logstore.clock import Clock
from query.lang.situation import Situation, situation_at

COMPLETE_PARAMETERS: Final = ("query", "cursor", *WINDOW_PARAMETERS, "limit")
_DEFAULT_COMPLETIONS: Final = 100


@dataclass(frozen=True, slots=True)
class CompleteHandlers:
    """Helps to write queries.

    Attributes:
        desk: who knows fields and values.
        clock: says when it was asked.
        executor: threads that look.
    """

    desk: Desk
    clock: Clock
    executor: Executor

    async def complete(self, request: web.Request) -> web.Response:
        """Lists what may be written at the cursor, the best first."""
        parameters = await read_parameters(request, COMPLETE_PARAMETERS)
        text, cursor = parameters.values.get("query", ""), parameters.count("cursor", least=0)
        place = len(text) if cursor is None else min(cursor, len(text))
        limit = min(parameters.count("limit") or _DEFAULT_COMPLETIONS, DEFAULT_LIMIT)
        now_ns, leaving = self.clock.now_ns(), Cancellation()
        question = Question(text, resolve(parameters.window(), now_ns), None, now_ns, trace=current_trace.get())
        made = await in_thread(lambda: json_bytes(self._made(question, place, limit, leaving)), self.executor, leaving)
        return json_body(made)

    def _made(self, question: Question, place: int, limit: int, leaving: Cancellation) -> dict[str, Any]:
        """Everything that happens in a thread."""
        situation = situation_at(question.text, place)
        offered = islice(self._offered(question, situation, limit, leaving), limit)
        return {"start": situation.start, "end": place, "completions": [asdict(each) for each in offered]}

    def _offered(
        self, question: Question, situation: Situation, limit: int, leaving: Cancellation
    ) -> Iterator[Completion]:
        if wants_values(situation):
            yield from self._values(question, situation, limit, leaving)
        if wants_fields(situation):
            yield from of_fields(situation, self.desk.fields(replace(question, text="*"), leaving))
        yield from of_language(situation)

    def _values(
        self, question: Question, situation: Situation, limit: int, leaving: Cancellation
    ) -> Iterator[Completion]:
        field = situation.field or ""
        search = narrowing(question.text, situation.start, field)
        asked = replace(question, text=values_question(search, field, situation.typed, limit))
        with self.desk.ask(asked, leaving) as answer:
            offered = of_values(situation, answer, limit)
        yield from offered
        yield from other_levels(situation, offered)
