"""`/api/v1/ingest`: takes events over HTTP, and answers with what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from aiohttp import ClientError, HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from ingest.post_counters import PostCounters
from ingest.posts import BodyTooLargeError, Posts, SlowBodyError, Stored
from logstore.app.api.errors import error_response, json_line
from logstore.app.api.posting import read_post
from logstore.app.api.refusal import RefusalError
from logstore.errors import LogstoreError
from logstore.model.outcome import ChunkOutcome

_TRY_AGAIN_S: Final = "1"
_STATUSES: Final[dict[type[LogstoreError], int]] = {BodyTooLargeError: 413, SlowBodyError: 408}

_GONE: Final = "gone"
"""What is counted in place of a status when nobody waits for the answer."""


class IngestHandlers:
    """Takes events. Without `posts` that is turned off; `refusal` says why nothing is taken for now, if so."""

    def __init__(
        self,
        posts: Posts | None,
        counters: PostCounters,
        refusal: Callable[[], LogstoreError | None] = lambda: None,
    ) -> None:
        self._posts = posts
        self._refusal = refusal
        self._counters = counters

    async def ingest(self, request: web.Request) -> web.Response:
        """Takes the events in the body."""
        status = str(web.HTTPInternalServerError.status_code)
        try:
            response = await self._answer(request)
            status = str(response.status)
        except asyncio.CancelledError:
            status = _GONE
            raise
        finally:
            self._counters.requests[status] += 1
        return response

    async def promise(self, request: web.Request) -> None:
        """Keeps a sender waiting who asks whether to send its body: it is told when the body is about to be read."""

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            stored = await self._take(request)
        except (BodyTooLargeError, SlowBodyError) as error:
            return _refused(RefusalError(_STATUSES[type(error)], error.message, error.hint))
        except RefusalError as error:
            return _refused(error)
        except (HttpProcessingError, ClientError, ConnectionError) as error:
            return _refused(RefusalError(400, f"the body cannot be read: {error}"))
        except LogstoreError as error:
            return _failed(error)
        return self._told(stored)

    async def _take(self, request: web.Request) -> Stored:
        if self._posts is None:
            raise RefusalError(403, "taking events over HTTP is turned off", "the setting http.ingest turns it on")
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        return await self._posts.take(read_post(request), self._body(request))

    async def _body(self, request: web.Request) -> AsyncIterator[bytes]:
        if request.version == HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            # What was written is no part of the response.
            request.writer.output_size = 0
        async for piece in request.content.iter_any():
            self._counters.received_bytes += len(piece)
            yield piece

    def _told(self, stored: Stored) -> web.Response:
        outcome = stored.outcome
        told: dict[str, Any] = {"duplicate": True} if stored.is_copy else {}
        if stored.is_copy:
            self._counters.duplicates += 1
        elif outcome is not None:
            self._counters.stored += outcome.rows
            self._counters.rejected.update(outcome.rejected)
        if outcome is None:
            return json_line(told)
        told = _counts(outcome) | told
        if outcome.rows or not outcome.rejected:
            return json_line(told)
        error = {"message": "none of the events could be read", "hint": "reasons and rejections say why"}
        return json_line({"error": error} | told, 400)


def _counts(outcome: ChunkOutcome) -> dict[str, Any]:
    """How many events were stored and rejected, why, and which ones, of many the first."""
    told: dict[str, Any] = {"stored": outcome.rows, "rejected": sum(outcome.rejected.values())}
    if outcome.rejected:
        told["reasons"] = dict(outcome.rejected)
        told["rejections"] = [{"index": one.seq - outcome.seq, "reason": one.reason} for one in outcome.rejections]
    return told


def _refused(error: RefusalError) -> web.Response:
    """The response to a request that is not taken. Its body is not worth reading, so the connection ends."""
    told = {"message": error.message} | ({"hint": error.hint} if error.hint else {})
    response = json_line({"error": told}, error.status)
    response.headers.update(error.headers)
    response.force_close()
    return response


def _failed(error: BaseException) -> web.Response:
    response = error_response(error)
    if response.status == web.HTTPServiceUnavailable.status_code:
        response.headers["Retry-After"] = _TRY_AGAIN_S
    return response
