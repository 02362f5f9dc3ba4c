"""`/api/v1/reindex`: has word indexes made, and tells how far that is."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Protocol

from aiohttp import web

from logstore.app.api.errors import json_line
from logstore.app.api.listings import in_thread
from logstore.app.api.params import read_parameters
from logstore.errors import CallerError
from logstore.storage.index.chore import IndexingCounters

PARAMETERS = ("all",)


class Indexer(Protocol):
    """Who makes word indexes in the background."""

    def reindex(self, *, everything: bool) -> int:
        """Has those made that are missing or damaged, or all; how many wait."""

    @property
    def indexing(self) -> IndexingCounters:
        """How far it is."""


class ReindexHandlers:
    """Answers for whoever makes the indexes.

    Args:
        indexer: who does.
        executor: threads that ask it.
    """

    def __init__(self, indexer: Indexer, executor: Executor) -> None:
        self._indexer = indexer
        self._executor = executor

    async def start(self, request: web.Request) -> web.Response:
        """Begins; what was begun before goes on."""
        # A web page can make a browser send a form to us, but no JSON.
        if request.content_type != "application/json":
            raise CallerError("this takes application/json", 'for instance {}, or {"all": true}')
        parameters = await read_parameters(request, PARAMETERS)
        everything = parameters.flag("all")

        def ask() -> bytes:
            return str(self._indexer.reindex(everything=everything)).encode()

        await in_thread(ask, self._executor)
        return self._told()

    async def progress(self, _: web.Request) -> web.Response:
        """Tells how far it is."""
        return self._told()

    def _told(self) -> web.Response:
        counters = self._indexer.indexing
        return json_line({"waiting": counters.waiting, "made": counters.built, "failed": counters.failed})
