"""Answers that are known whole: made in a thread, written in the format asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor

from aiohttp import web

from logstore.app.answers import Answer, encode
from logstore.app.api.handoff import Handoff
from logstore.app.api.params import Parameters
from logstore.app.api.query import DEFAULT_FORMAT, MAX_HEADER_BYTES
from logstore.app.facts import HEADER, PARTIAL_HEADER
from logstore.app.formats.registry import WRITERS
from logstore.app.listing import Brief
from logstore.app.questions import Cancellation
from logstore.app.window import WindowRequest, resolve
from logstore.errors import CallerError
from logstore.model.timespan import EVERYTHING, TimeSpan

DEFAULT_LIMIT = 1000


async def respond(
    make: Callable[[], Answer],
    brief: Collection[str],
    parameters: Parameters,
    executor: Executor,
    leaving: Cancellation | None = None,
) -> web.Response:
    """The listing that `make` makes in a thread, known whole; as a table, only its `brief` columns.

    `leaving` is cancelled when the asker leaves before that, or just after it.
    """
    name = parameters.values.get("format", DEFAULT_FORMAT)
    if name not in WRITERS:
        raise CallerError(f"unknown format {name!r}", f"there are: {', '.join(WRITERS)}")
    writer = WRITERS[name]()
    told: dict[str, str] = {}

    def write() -> bytes:
        listing = make()
        facts = listing.facts().to_json().decode()
        if len(facts) <= MAX_HEADER_BYTES:
            told[HEADER] = facts
        if listing.is_partial:
            told[PARTIAL_HEADER] = "true"
        return b"".join(encode(Brief(listing, brief) if name == "table" else listing, writer))

    body = await in_thread(write, executor, leaving)
    return web.Response(body=body, headers={"Content-Type": writer.content_type, "Cache-Control": "no-store", **told})


async def in_thread(make: Callable[[], bytes], executor: Executor, leaving: Cancellation | None = None) -> bytes:
    """What `make` gives, in a thread of the executor; `leaving` is cancelled when nobody waits for it any more."""

    def pieces(cancellation: Cancellation) -> Iterator[bytes]:
        if leaving is not None:
            cancellation.on_cancel(leaving.cancel)
        yield make()

    handoff = Handoff(pieces, executor)
    try:
        return await handoff.take() or b""
    finally:
        await handoff.abandon()


def window_of(parameters: Parameters, now_ns: int, *, is_open: bool) -> TimeSpan:
    """The window that was asked for. Where none was, all times when `is_open`, else the last hour."""
    request = parameters.window()
    return EVERYTHING if is_open and request == WindowRequest() else resolve(request, now_ns)
