"""`/api/v1/chunks`."""

from __future__ import annotations

from concurrent.futures import Executor

from aiohttp import web

from logstore.app.api.listings import DEFAULT_LIMIT, respond, window_of
from logstore.app.api.params import WINDOW_PARAMETERS, read_parameters
from logstore.app.books import Books
from logstore.app.chunks import BRIEF, list_chunks
from logstore.app.listing import Listing
from logstore.clock import Clock
from logstore.storage.ledger.search import LedgerQuery

CHUNKS_PARAMETERS = ("id", "tag", "sender", "copies", "rejected", *WINDOW_PARAMETERS, "limit", "format")


class ChunksHandlers:
    """Tells what became of chunks.

    Args:
        books: who knows.
        clock: says when it was asked.
        executor: threads that look.
    """

    def __init__(self, books: Books, clock: Clock, executor: Executor) -> None:
        self._books = books
        self._clock = clock
        self._executor = executor

    async def chunks(self, request: web.Request) -> web.Response:
        """Lists rows of the ledger."""
        parameters = await read_parameters(request, CHUNKS_PARAMETERS)
        get = parameters.values.get
        query = LedgerQuery(
            # Whoever has an id rarely knows when it came.
            window=window_of(parameters, self._clock.now_ns(), is_open="id" in parameters.values),
            chunk_id=get("id"),
            tag=get("tag"),
            sender=get("sender"),
            only_copies=parameters.flag("copies"),
            only_rejected=parameters.flag("rejected"),
            limit=parameters.count("limit") or DEFAULT_LIMIT,
        )

        def make() -> Listing:
            with self._books.ledger() as ledger:
                return list_chunks(ledger, query)

        return await respond(make, BRIEF, parameters, self._executor)
