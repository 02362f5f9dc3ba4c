"""`/api/v1/histogram`: numbers of events by level, over time."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web

from logstore.app.api.errors import json_body, json_bytes
from logstore.app.api.listings import in_thread
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.histogram import (
    MOST_BUCKETS,
    NOTHING,
    bounds_of,
    bounds_question,
    grid_over,
    histogram_of,
    histogram_question,
)
from logstore.app.questions import Cancellation, Desk, Question
from logstore.app.tracing.current import current_trace
from logstore.app.window import resolve
from logstore.clock import Clock
from logstore.errors import CallerError

HISTOGRAM_PARAMETERS: Final = ("query", *WINDOW_PARAMETERS, "buckets")
_DEFAULT_BUCKETS: Final = 100


@dataclass(frozen=True, slots=True)
class HistogramHandlers:
    """Counts events in bars.

    Attributes:
        desk: who counts.
        clock: says when it was asked.
        executor: threads that count.
    """

    desk: Desk
    clock: Clock
    executor: Executor

    async def histogram(self, request: web.Request) -> web.Response:
        """Tells how many events there are of which level in each bar."""
        parameters = await read_parameters(request, HISTOGRAM_PARAMETERS)
        buckets = parameters.count("buckets") or _DEFAULT_BUCKETS
        if buckets > MOST_BUCKETS:
            raise CallerError(f"buckets is above {MOST_BUCKETS:,}", "ask for as many as a screen shows")
        now_ns = self.clock.now_ns()
        window, leaving = resolve(parameters.window(), now_ns), Cancellation()
        question = Question(parameters.values.get("query", "*"), window, None, now_ns, trace=current_trace.get())
        made = await in_thread(lambda: json_bytes(self._made(question, buckets, leaving)), self.executor, leaving)
        return json_body(made)

    def _made(self, question: Question, buckets: int, leaving: Cancellation) -> dict[str, Any]:
        """Everything that happens in a thread."""
        if question.window.start_ns is None or question.window.end_ns is None:
            bounds = replace(question, text=bounds_question(question.text))
            with self.desk.ask(bounds, leaving) as answer:
                window, snapshot = bounds_of(answer, question.window), answer.snapshot
            if window is None:
                return dict(NOTHING)
            # What comes in meanwhile may be outside of the bars.
            question = replace(question, window=window, at=snapshot)
        grid = grid_over(question.window, buckets)
        with self.desk.ask(replace(question, text=histogram_question(question.text, grid)), leaving) as answer:
            return histogram_of(answer, grid)
