"""`/api/v1/quarantine`, and what is below it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor

from aiohttp import web

from logstore.app.api.errors import json_line
from logstore.app.api.handoff import Handoff
from logstore.app.api.listings import DEFAULT_LIMIT, in_thread, respond, window_of
from logstore.app.api.params import WINDOW_PARAMETERS, Parameters, read_parameters
from logstore.app.books import Keeper
from logstore.app.listing import Listing
from logstore.app.quarantine import (
    BRIEF,
    PREVIEW_BYTES,
    Selection,
    export_lines,
    export_raw,
    ids_of,
    list_quarantine,
    parse_ids,
    select,
    show,
)
from logstore.clock import Clock
from logstore.errors import CallerError

SELECTION_PARAMETERS = ("id", "tag", "sender", *WINDOW_PARAMETERS)
LIST_PARAMETERS = (*SELECTION_PARAMETERS, "limit", "format")
SHOW_PARAMETERS = ("id", "bytes")
EXPORT_PARAMETERS = (*SELECTION_PARAMETERS, "format")


class QuarantineHandlers:
    """Tells of what could not be decoded, hands it out and drops it.

    Args:
        keeper: who has it.
        clock: says when it was asked.
        executor: threads that look.
    """

    def __init__(self, keeper: Keeper, clock: Clock, executor: Executor) -> None:
        self._keeper = keeper
        self._clock = clock
        self._executor = executor

    async def list(self, request: web.Request) -> web.Response:
        """Lists it."""
        parameters = await read_parameters(request, LIST_PARAMETERS)
        wanted, limit = self._selection(parameters), parameters.count("limit") or DEFAULT_LIMIT

        def make() -> Listing:
            with self._keeper.quarantine() as view:
                return list_quarantine(view, wanted, limit)

        return await respond(make, BRIEF, parameters, self._executor)

    async def show(self, request: web.Request) -> web.Response:
        """All that is known of something in it, as text."""
        parameters = await read_parameters(request, SHOW_PARAMETERS)
        wanted = Selection(parse_ids(parameters.required("id")))
        max_bytes = parameters.count("bytes") or PREVIEW_BYTES

        def make() -> bytes:
            with self._keeper.quarantine() as view:
                return "".join(f"{line}\n" for line in show(view, wanted, max_bytes)).encode()

        text = await in_thread(make, self._executor)
        return web.Response(body=text, content_type="text/plain", charset="utf-8")

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Hands out the bytes: of one chunk as they are, or JSON lines."""
        parameters = await read_parameters(request, EXPORT_PARAMETERS)
        wanted, name = self._selection(parameters), parameters.values.get("format", "jsonl")
        if name not in {"jsonl", "raw"}:
            raise CallerError(f"unknown format {name!r}", "there are: jsonl, raw")

        def make() -> Iterator[bytes]:
            with self._keeper.quarantine() as view:
                yield from ([export_raw(view, wanted)] if name == "raw" else export_lines(view, wanted))

        handoff = Handoff(lambda _: make(), self._executor)
        try:
            # An error before the first byte still has its status.
            return await _stream(request, handoff, await handoff.take(), name)
        finally:
            await handoff.abandon()

    async def drop(self, request: web.Request) -> web.Response:
        """Drops it for good: what is selected, which must be said."""
        # A web page can make a browser send a form to us, but no JSON and no DELETE.
        if request.method == "POST" and request.content_type != "application/json":
            raise CallerError("a drop takes application/json", 'for instance {"id": "4711"}')
        parameters = await read_parameters(request, SELECTION_PARAMETERS)
        if not parameters.values:
            raise CallerError("it is not said what to drop", 'give id, tag, sender, a window, or "all": true')
        wanted = self._selection(parameters)

        def make() -> bytes:
            with self._keeper.quarantine() as view:
                seqs, damaged = ids_of(select(view, wanted))
            return str(self._keeper.drop_from_quarantine(seqs, damaged)).encode()

        return json_line({"dropped": int(await in_thread(make, self._executor))})

    def _selection(self, parameters: Parameters) -> Selection:
        given = parameters.values.get("id")
        return Selection(
            ids=None if given is None else parse_ids(given),
            window=window_of(parameters, self._clock.now_ns(), is_open=True),
            tag=parameters.values.get("tag"),
            sender=parameters.values.get("sender"),
        )


async def _stream(request: web.Request, handoff: Handoff, piece: bytes | None, name: str) -> web.StreamResponse:
    response = web.StreamResponse(headers=_headers(name))
    await response.prepare(request)
    try:
        while piece is not None:
            await response.write(piece)
            piece = await handoff.take()
    except Exception:
        # Without the mark of a whole body: the reader must see that some is missing.
        if request.transport is not None:
            request.transport.abort()
        raise
    await response.write_eof()
    return response


def _headers(name: str) -> dict[str, str]:
    content_type = "application/octet-stream" if name == "raw" else "application/x-ndjson"
    # A browser must neither show nor guess at what strangers sent.
    return {
        "Content-Type": content_type,
        "Cache-Control": "no-store",
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
    }
