"""A server that is traced."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web
from opentelemetry.trace import Tracer

from ingest.sink import Sink
from logstore.app.tracing.chunks import ChunkTraces, TracedDecoder, TracedSink
from logstore.app.tracing.requests import tell_trace, tracing
from logstore.clock import Clock
from logstore.storage.decoder import Decoding
from logstore.storage.store import Store


class Traced:
    """Wraps what is to be traced; see `logstore.app.tracing.seam.Tracing`."""

    def __init__(self, tracer: Tracer, clock: Clock) -> None:
        self._tracer = tracer
        self._chunks = ChunkTraces(tracer, clock)

    def decoding(self, decoding: Decoding) -> Decoding:
        """Has the decoding of sampled chunks told."""
        return replace(
            decoding, make_decoder=lambda documents: TracedDecoder(decoding.make_decoder(documents), self._chunks)
        )

    def watch(self, store: Store) -> None:
        """Has the commits of sampled chunks told."""
        store.watch_commits(self._chunks.committed)

    def sink(self, sink: Sink) -> Sink:
        """Has chunks traced that go into a sink."""
        return TracedSink(sink, self._chunks)

    def join(self, application: web.Application) -> None:
        """Has requests traced, around everything else that goes around them."""
        application.middlewares.insert(0, tracing(self._tracer))
        application.on_response_prepare.append(tell_trace)
