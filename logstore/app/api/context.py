"""`/api/v1/context`: the events before and after one."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from logstore.app.api.listings import respond
from logstore.app.api.params import Parameters, read_parameters
from logstore.app.api.refusal import RefusalError
from logstore.app.held import Held
from logstore.app.questions import Cancellation, Desk, Question
from logstore.app.tracing.current import current_trace
from logstore.clock import Clock
from logstore.errors import CallerError
from logstore.model.row_id import parse_row_id
from logstore.model.schema import LEVEL, MESSAGE, SEQ, TAG, TIME
from logstore.model.snapshot_id import parse_snapshot_id
from logstore.model.timespan import TimeSpan
from query.lang import limits
from query.lang.spelling import encode_name

CONTEXT_PARAMETERS: Final = ("row", "before", "after", "by", "at", "format")
BRIEF: Final = frozenset({TIME, LEVEL, TAG, MESSAGE, "match"})
"""What a table shows of an event."""

_DEFAULT_LINES: Final = 10
_NUMBER: Final = "context"
"""The stage's number of a context, which is always 1 here."""


@dataclass(frozen=True, slots=True)
class ContextHandlers:
    """Shows what stands around an event.

    Attributes:
        desk: who finds it.
        clock: says when it was asked.
        executor: threads that look.
    """

    desk: Desk
    clock: Clock
    executor: Executor

    async def context(self, request: web.Request) -> web.Response:
        """Lists the events around one, newest first, itself among them."""
        parameters = await read_parameters(request, CONTEXT_PARAMETERS)
        question, leaving = _question(parameters, self.clock.now_ns()), Cancellation()

        def make() -> Held:
            with self.desk.ask(question, leaving) as answer:
                found = Held.of(answer).without({_NUMBER})
            if not found.said.rows:
                hint = "it was deleted, or retention has let it go, or it is of another store"
                raise RefusalError(404, f"there is no event {parameters.required('row')}", hint)
            return found

        return await respond(make, BRIEF, parameters, self.executor, leaving)


def _question(parameters: Parameters, now_ns: int) -> Question:
    row, at = parse_row_id(parameters.required("row")), parameters.values.get("at")
    before, after = _lines(parameters, "before"), _lines(parameters, "after")
    if not before and not after:
        raise CallerError("before and after are both 0", "say how many events shall be told")
    reach = " ".join([f"-{before}"] * (before > 0) + [f"+{after}"] * (after > 0))
    by = ", ".join(encode_name(name.strip()) for name in parameters.values.get("by", TAG).split(","))
    window = TimeSpan(row.time_ns, row.time_ns + 1)
    # What is relative to now is so for every question to a snapshot; nothing here is.
    asked_ns = now_ns if at is None else parse_snapshot_id(at).now_ns
    return Question(
        f"{SEQ}:{row.seq} | context {reach} by {by}", window, None, asked_ns, at=at, ids=True, trace=current_trace.get()
    )


def _lines(parameters: Parameters, name: str) -> int:
    """How many lines are wanted on a side, perhaps none."""
    said = parameters.count(name, least=0)
    wanted = _DEFAULT_LINES if said is None else said
    if wanted > limits.MAX_CONTEXT:
        raise CallerError(f"{name} is above {limits.MAX_CONTEXT:,}", "ask again with the last row that was told")
    return wanted
