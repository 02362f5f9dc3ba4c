"""`/api/v1/deletions`, and `/api/v1/retention/plan`."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from logstore.app.api.errors import json_line
from logstore.app.api.handoff import Handoff
from logstore.app.api.listings import DEFAULT_LIMIT, in_thread, respond
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.deletions import (
    BRIEF,
    Eraser,
    Matching,
    count_matching,
    list_deletions,
    order_of,
    told_matching,
    told_order,
    told_undone,
)
from logstore.app.listing import Listing
from logstore.app.questions import Cancellation, Desk
from logstore.app.retention import COLUMNS, list_plan
from logstore.clock import Clock
from logstore.errors import CallerError
from logstore.model.timespan import TimeSpan
from logstore.storage.upkeep.retention_plan import Plan

ORDER_PARAMETERS = ("search", *WINDOW_PARAMETERS, "dry_run", "erase_now", "by")
DELETIONS_PARAMETERS = ("limit", "format")
PLAN_PARAMETERS = ("format",)


class Retainer(Eraser, Protocol):
    """Who keeps deletions, and lets go of what is old."""

    def plan_retention(self) -> Plan:
        """What retention would let go of now."""


@dataclass(frozen=True, slots=True)
class DeletionHandlers:
    """Makes, lists and undoes deletions, and tells what retention would let go of.

    Attributes:
        retainer: who has them.
        desk: counts for dry runs.
        clock: says when it was asked.
        executor: threads that work.
    """

    retainer: Retainer
    desk: Desk
    clock: Clock
    executor: Executor

    async def make(self, request: web.Request) -> web.Response:
        """Deletes what matches, or only counts it."""
        # A web page can make a browser send a form to us, but no JSON.
        if request.content_type != "application/json":
            raise CallerError("a deletion takes application/json", 'for instance {"search": "tag:x", "all": true}')
        parameters = await read_parameters(request, ORDER_PARAMETERS)
        by = " ".join(each for each in (parameters.values.get("by"), f"({request.remote})") if each)
        at_once = parameters.flag("erase_now")
        search, now_ns = parameters.required("search"), self.clock.now_ns()
        order = order_of(search, parameters.window(), now_ns, by, at_once=at_once)
        if parameters.flag("dry_run"):
            told = told_matching(await self._count(order.search, order.window))
        else:

            def make() -> bytes:
                deletion = self.retainer.delete(order)
                return json.dumps({"number": deletion.number, "seq": deletion.seq}).encode()

            told = json.loads(await in_thread(make, self.executor))
        return json_line({**told, **told_order(order)})

    async def list(self, request: web.Request) -> web.Response:
        """Lists them, newest first."""
        parameters = await read_parameters(request, DELETIONS_PARAMETERS)
        limit = parameters.count("limit") or DEFAULT_LIMIT

        def make() -> Listing:
            return list_deletions(self.retainer.deletions(), limit)

        return await respond(make, BRIEF, parameters, self.executor)

    async def undo(self, request: web.Request) -> web.Response:
        """Undoes one."""
        await read_parameters(request, ())
        number = request.match_info["number"]
        if not (number.isascii() and number.isdecimal() and len(number) < len(str(2**63))):
            raise CallerError(f"not the number of a deletion: {number!r}", "GET /api/v1/deletions lists them")

        def make() -> bytes:
            return json.dumps(told_undone(self.retainer.undelete(int(number)))).encode()

        return json_line(json.loads(await in_thread(make, self.executor)))

    async def plan(self, request: web.Request) -> web.Response:
        """What retention would let go of now."""
        parameters = await read_parameters(request, PLAN_PARAMETERS)

        def count(search: str, window: TimeSpan) -> Matching:
            return count_matching(self.desk, search, window, self.clock.now_ns(), Cancellation())

        def make() -> Listing:
            return list_plan(self.retainer.plan_retention(), count)

        return await respond(make, {name for name, _ in COLUMNS}, parameters, self.executor)

    async def _count(self, search: str, window: TimeSpan) -> Matching:
        """Counts in a thread; ends when the asker goes away."""
        found: list[Matching] = []

        def count(cancellation: Cancellation) -> list[bytes]:
            found.append(count_matching(self.desk, search, window, self.clock.now_ns(), cancellation))
            return []

        handoff = Handoff(lambda cancellation: iter(count(cancellation)), self.executor)
        try:
            await handoff.take()
        finally:
            await handoff.abandon()
        return found[0]
