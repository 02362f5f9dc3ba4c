"""`/api/v1/query`, `/api/v1/sql`, `/api/v1/export` and `/api/v1/explain`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from logstore.app.answers import encode
from logstore.app.api.handoff import Handoff
from logstore.app.api.params import WINDOW_PARAMETERS, Parameters, read_parameters
from logstore.app.blame import describe, verdict
from logstore.app.facts import HEADER, PARTIAL_HEADER, SNAPSHOT_HEADER, Facts
from logstore.app.formats.arrow import ArrowWriter
from logstore.app.formats.registry import WRITERS
from logstore.app.formats.writer import Writer
from logstore.app.questions import Cancellation, Desk, Question
from logstore.app.tracing.current import current_trace
from logstore.app.window import resolve
from logstore.clock import Clock
from logstore.errors import CallerError
from logstore.model.snapshot_id import parse_snapshot_id

_ASKING_PARAMETERS = ("query", *WINDOW_PARAMETERS, "limit")
EXPLAIN_PARAMETERS = (*_ASKING_PARAMETERS, "analyze")
SQL_PARAMETERS = (*_ASKING_PARAMETERS, "format", "at")
QUERY_PARAMETERS = (*SQL_PARAMETERS, "after", "ids")
DEFAULT_FORMAT = "jsonl"

# An answer that ends within its first so many bytes is sent in one go, with its facts in a header.
FIRST_FLUSH_BYTES = 64 * 1024
# Servers and proxies refuse long headers: facts that do not fit are only in the format `arrow`.
MAX_HEADER_BYTES = 4096


@dataclass(slots=True)
class _Outcome:
    """What a thread tells beside the pieces: the facts, at the end, and what is known of them before."""

    facts: Facts | None = None
    is_partial: bool = False
    snapshot: str | None = None


class QueryHandlers:
    """Answers questions.

    Args:
        desk: who knows the answers.
        clock: says when a question was asked.
        executor: threads that questions run in.
    """

    def __init__(self, desk: Desk, clock: Clock, executor: Executor) -> None:
        self._desk = desk
        self._clock = clock
        self._executor = executor

    async def query(self, request: web.Request) -> web.StreamResponse:
        """Streams an answer."""
        return await self._stream(request, QUERY_PARAMETERS)

    async def sql(self, request: web.Request) -> web.StreamResponse:
        """Streams an answer to SQL."""
        return await self._stream(request, SQL_PARAMETERS, is_sql=True)

    async def export(self, request: web.Request) -> web.StreamResponse:
        """Streams all rows of an answer, however many they are."""
        return await self._stream(request, QUERY_PARAMETERS, is_export=True)

    async def _stream(
        self, request: web.Request, known: Iterable[str], *, is_export: bool = False, is_sql: bool = False
    ) -> web.StreamResponse:
        parameters = await read_parameters(request, known)
        question = self._question(parameters, is_export=is_export, is_sql=is_sql)
        name = parameters.values.get("format", DEFAULT_FORMAT)
        if name not in WRITERS:
            raise CallerError(f"unknown format {name!r}", f"there are: {', '.join(WRITERS)}")
        writer, outcome = WRITERS[name](), _Outcome()
        make = partial(self._pieces, question, writer, outcome)
        handoff = Handoff(make, self._executor, FIRST_FLUSH_BYTES)
        try:
            return await _respond(request, writer, outcome, handoff)
        finally:
            await handoff.abandon()

    async def explain(self, request: web.Request) -> web.Response:
        """Explains a question, as text; answers it for that if it is to be analyzed."""
        parameters = await read_parameters(request, EXPLAIN_PARAMETERS)
        question, is_analyzed = self._question(parameters), parameters.flag("analyze")

        def pieces(cancellation: Cancellation) -> Iterator[bytes]:
            told = self._desk.analyze(question, cancellation) if is_analyzed else self._desk.explain(question)
            yield told.encode()

        handoff = Handoff(pieces, self._executor)
        try:
            text = await handoff.take()
        finally:
            await handoff.abandon()
        return web.Response(body=text, content_type="text/plain", charset="utf-8")

    def _question(self, parameters: Parameters, *, is_export: bool = False, is_sql: bool = False) -> Question:
        at, after = parameters.values.get("at"), parameters.values.get("after")
        # What is relative to now is relative to when the snapshot was asked first: the same rows, again.
        now_ns = self._clock.now_ns() if at is None else parse_snapshot_id(at).now_ns
        window = resolve(parameters.window(), now_ns)
        text, limit = parameters.required("query"), parameters.count("limit")
        ids, trace = parameters.flag("ids"), current_trace.get()
        return Question(
            text, window, limit, now_ns, is_export=is_export, is_sql=is_sql, at=at, after=after, ids=ids, trace=trace
        )

    def _pieces(
        self, question: Question, writer: Writer, outcome: _Outcome, cancellation: Cancellation
    ) -> Iterator[bytes]:
        """Everything that happens in a thread."""
        with self._desk.ask(question, cancellation) as answer:
            outcome.snapshot = answer.snapshot
            for piece in encode(answer, writer, question.trace):
                outcome.is_partial = answer.is_partial
                yield piece
            outcome.facts = answer.facts()


async def _respond(request: web.Request, writer: Writer, outcome: _Outcome, handoff: Handoff) -> web.StreamResponse:
    first = await handoff.take() or b""
    headers = {"Content-Type": writer.content_type, "Cache-Control": "no-store"}
    if outcome.is_partial:
        headers[PARTIAL_HEADER] = "true"
    if outcome.snapshot is not None:
        headers[SNAPSHOT_HEADER] = outcome.snapshot
    if handoff.is_whole:
        return web.Response(body=first, headers={**headers, **_facts_header(outcome.facts)})
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    await response.write(first)
    try:
        while (piece := await handoff.take()) is not None:
            await response.write(piece)
    except Exception as error:
        if not isinstance(writer, ArrowWriter):
            _break_off(request)
            raise
        await response.write(writer.fail(json.dumps({**describe(error), "status": verdict(error).status}).encode()))
    await response.write_eof()
    return response


def _facts_header(facts: Facts | None) -> dict[str, str]:
    text = facts.to_json().decode() if facts is not None else ""
    return {HEADER: text} if 0 < len(text) <= MAX_HEADER_BYTES else {}


def _break_off(request: web.Request) -> None:
    """Ends the connection without the mark of a whole body: the reader must see that the answer is incomplete."""
    if request.transport is not None:
        request.transport.abort()
