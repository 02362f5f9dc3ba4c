"""Traces of HTTP requests: a span for each, below its sender's (W3C `traceparent`), and its id in the response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Middleware
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from logstore.app.tracing.current import current_trace
from logstore.app.tracing.spans import RequestTrace, fail

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

TRACE_HEADER: Final = "X-Logstore-Trace"
"""Header of the id of the trace, also of one that is not sampled, and of errors."""

RESPONSE_HEADER: Final = "traceresponse"
"""The same in the form of the W3C's draft, with the span and whether it is sampled."""

# Platforms ask for these all the time, and a tail takes for days.
_UNTRACED: Final = frozenset({"/healthz", "/readyz", "/metrics", "/api/v1/tail"})

_TRACE: Final = web.RequestKey("trace", RequestTrace)


def tracing(tracer: Tracer) -> Middleware:
    """Traces each request. Goes around what makes responses of errors."""
    propagator = TraceContextTextMapPropagator()

    @web.middleware
    async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in _UNTRACED:
            return await handler(request)
        caller = propagator.extract(request.headers, Context())
        resource = request.match_info.route.resource
        route = "" if resource is None else resource.canonical
        span = tracer.start_span(f"{request.method} {route}".strip(), context=caller, kind=SpanKind.SERVER)
        span.set_attributes({"http.request.method": request.method, "http.route": route, "url.path": request.path})
        trace = RequestTrace(tracer, span)
        request[_TRACE] = trace
        token = current_trace.set(trace)
        try:
            response = await handler(request)
            _told(trace, response.status)
        except (asyncio.CancelledError, ConnectionError):
            span.set_status(Status(StatusCode.ERROR, "the asker went away"))
            raise
        except BaseException as error:
            fail(span, error)
            raise
        finally:
            current_trace.reset(token)
            span.end()
        return response

    return traced


async def tell_trace(request: web.Request, response: web.StreamResponse) -> None:
    """Writes the id of the trace into the headers of a response; for `Application.on_response_prepare`."""
    trace = request.get(_TRACE)
    if trace is None:
        return
    context = trace.root.get_span_context()
    trace_id, span_id = format_trace_id(context.trace_id), format_span_id(context.span_id)
    response.headers[TRACE_HEADER] = trace_id
    response.headers[RESPONSE_HEADER] = f"00-{trace_id}-{span_id}-{int(context.trace_flags):02x}"


def _told(trace: RequestTrace, status: int) -> None:
    trace.root.set_attribute("http.response.status_code", status)
    if status >= web.HTTPInternalServerError.status_code:
        trace.root.set_status(Status(StatusCode.ERROR))
