"""Traces of chunks: from the receipt to the acknowledgement, with the commit to the log and the decoding below.

A chunk that came over HTTP is below the span of its request; others begin a trace of their own. On its way through the
store a chunk is known by its connection and its place there, which no other chunk of this process has.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Sequence
from typing import Final, TypeAlias

from opentelemetry.trace import Span, SpanKind, Tracer

from ingest.sink import Origin, Sink
from logstore.app.tracing.current import current_trace
from logstore.app.tracing.spans import PREFIX, RequestTrace, below, fail
from logstore.clock import Clock
from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Chunk, Entry
from logstore.model.outcome import ChunkOutcome
from logstore.storage.decoder import Decoder

_MOST_OPEN: Final = 1_024
"""Sampled chunks that are on their way. Of more the oldest are told of without their decoding."""


_Key: TypeAlias = tuple[int, int]


def _key(chunk: Chunk) -> _Key:
    return chunk.connection, chunk.ordinal


class ChunkTraces:
    """The sampled chunks that are on their way. Safe from several threads."""

    def __init__(self, tracer: Tracer, clock: Clock) -> None:
        self._tracer = tracer
        self._clock = clock
        self._lock = threading.Lock()
        self._spans: OrderedDict[_Key, Span] = OrderedDict()

    def begin(self, chunk: Chunk) -> Span | None:
        """Begins the span of a chunk that is handed to the store; None when it is not sampled."""
        trace = current_trace.get()
        parent = below(trace.root) if isinstance(trace, RequestTrace) else None
        span = self._tracer.start_span(
            "ingest chunk", context=parent, kind=SpanKind.CONSUMER, start_time=chunk.received_ns
        )
        if not span.is_recording():
            return None
        span.set_attributes(
            {
                f"{PREFIX}tag": chunk.tag,
                f"{PREFIX}listener": chunk.listener,
                f"{PREFIX}mode": chunk.mode.name.lower(),
                f"{PREFIX}bytes": len(chunk.payload),
            }
        )
        with self._lock:
            self._spans[_key(chunk)] = span
            if len(self._spans) > _MOST_OPEN:
                self._spans.popitem(last=False)
        return span

    def committed(self, chunks: Sequence[Chunk], start_ns: int, end_ns: int) -> None:
        """A group of chunks was written to the log, and synced if that is wanted."""
        for _, span in self._sampled(chunks):
            self._tell(span, "append to the log", start_ns, end_ns, {f"{PREFIX}group_chunks": len(chunks)})

    def decoded(self, entries: Sequence[Entry], start_ns: int, rows: int) -> None:
        """Entries were decoded in one go, up to now, into so many rows."""
        end_ns = self._clock.now_ns()
        chunks = [entry.chunk for entry in entries]
        for chunk, span in self._sampled(chunks):
            self._tell(
                span, "decode", start_ns, end_ns, {f"{PREFIX}run_chunks": len(chunks), f"{PREFIX}run_rows": rows}
            )
            self.forget(chunk)

    def forget(self, chunk: Chunk) -> None:
        """Nothing more will be told of a chunk."""
        with self._lock:
            self._spans.pop(_key(chunk), None)

    def acknowledge(self, span: Span, since_ns: int) -> None:
        """Those who wait for a chunk were told just now that it is stored, which became known at `since_ns`."""
        now_ns = self._clock.now_ns()
        self._tracer.start_span("acknowledge", context=below(span), start_time=since_ns).end(now_ns)
        span.end(now_ns)

    def now_ns(self) -> int:
        """The time."""
        return self._clock.now_ns()

    def _sampled(self, chunks: Sequence[Chunk]) -> list[tuple[Chunk, Span]]:
        if not self._spans:
            return []
        with self._lock:
            return [(chunk, span) for chunk in chunks if (span := self._spans.get(_key(chunk))) is not None]

    def _tell(self, above: Span, name: str, start_ns: int, end_ns: int, attributes: dict[str, int]) -> None:
        span = self._tracer.start_span(name, context=below(above), start_time=start_ns, attributes=attributes)
        span.end(end_ns)


class TracedSink:
    """A sink that has the chunks traced which it is given; see `ingest.sink.Sink`."""

    def __init__(self, sink: Sink, traces: ChunkTraces) -> None:
        self._sink = sink
        self._traces = traces

    def append(self, chunk: Chunk) -> Awaitable[ChunkOutcome | None]:
        """Takes a chunk now; the result is that of the sink."""
        span = self._traces.begin(chunk)
        stored = self._sink.append(chunk)
        if span is not None:
            flight = asyncio.ensure_future(stored)
            flight.add_done_callback(lambda done: self._landed(chunk, span, done))
            return flight
        return stored

    def _landed(self, chunk: Chunk, span: Span, flight: asyncio.Future[ChunkOutcome | None]) -> None:
        failure = asyncio.CancelledError() if flight.cancelled() else flight.exception()
        if failure is not None:
            self._traces.forget(chunk)
            fail(span, failure)
            span.end()
            return
        # Who waits is told by callbacks after this one; what is called soon comes after them.
        loop, since_ns = asyncio.get_running_loop(), self._traces.now_ns()
        loop.call_soon(loop.call_soon, self._traces.acknowledge, span, since_ns)

    def origin(self, key: bytes) -> Origin | None:
        """Where the stored chunk with this key came from."""
        return self._sink.origin(key)

    def copied(self, chunk: Chunk, key: bytes) -> None:
        """A copy came and is not appended."""
        self._sink.copied(chunk, key)

    def has_room(self) -> bool:
        """Whether more bytes may be read from senders now."""
        return self._sink.has_room()

    async def room(self) -> None:
        """Returns once `has_room()`."""
        await self._sink.room()


class TracedDecoder:
    """A decoder that tells of sampled chunks when they are decoded; see `logstore.storage.decoder.Decoder`."""

    def __init__(self, decoder: Decoder, traces: ChunkTraces) -> None:
        self._decoder = decoder
        self._traces = traces

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """As the decoder does."""
        start_ns = self._traces.now_ns()
        decoded = self._decoder.decode(entries)
        self._traces.decoded(entries[: len(entries) - decoded.left], start_ns, decoded.batch.rows)
        return decoded
