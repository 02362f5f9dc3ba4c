"""`/api/v1/parts`."""

from __future__ import annotations

from concurrent.futures import Executor

from aiohttp import web

from logstore.app.api.listings import DEFAULT_LIMIT, respond, window_of
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.books import Books
from logstore.app.listing import Listing
from logstore.app.parts import BRIEF, PartsQuery, list_parts
from logstore.clock import Clock

PARTS_PARAMETERS = ("tag", *WINDOW_PARAMETERS, "limit", "format")


class PartsHandlers:
    """Tells which parts there are.

    Args:
        books: who knows.
        clock: says when it was asked.
        executor: threads that look.
    """

    def __init__(self, books: Books, clock: Clock, executor: Executor) -> None:
        self._books = books
        self._clock = clock
        self._executor = executor

    async def parts(self, request: web.Request) -> web.Response:
        """Lists parts, of all times where no window is given."""
        parameters = await read_parameters(request, PARTS_PARAMETERS)
        query = PartsQuery(
            window=window_of(parameters, self._clock.now_ns(), is_open=True),
            tag=parameters.values.get("tag"),
            limit=parameters.count("limit") or DEFAULT_LIMIT,
        )

        def make() -> Listing:
            with self._books.snapshot() as snapshot:
                return list_parts(snapshot, self._books.root, query)

        return await respond(make, BRIEF, parameters, self._executor)
