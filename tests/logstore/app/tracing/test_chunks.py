"""Tests of logstore.app.tracing.chunks."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from logstore.app.tracing.chunks import _MOST_OPEN, ChunkTraces, TracedSink
from logstore.clock import SystemClock
from logstore.errors import StorageError
from logstore.model.chunk import Chunk, Mode


def chunk(number):
    """A chunk of a connection of its own."""
    return Chunk(Mode.PACKED, b"x", 1, 10**18, tag="t", connection=number)


@pytest.fixture
def exported():
    """Spans that have ended."""
    return InMemorySpanExporter()


@pytest.fixture
def traces(exported):
    """Traces of all chunks."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exported))
    return ChunkTraces(provider.get_tracer("test"), SystemClock())


class FullSink:
    """Stores nothing."""

    async def append(self, chunk):
        """Fails."""
        del chunk
        raise StorageError("disk full")


async def test_a_chunk_that_is_not_stored_is_an_error(traces, exported):
    """Nobody acknowledges it, and nothing more is told of it."""
    with pytest.raises(StorageError):
        await TracedSink(FullSink(), traces).append(chunk(1))
    (span,) = exported.get_finished_spans()
    assert (span.name, span.status.is_ok) == ("ingest chunk", False)
    traces.committed([chunk(1)], 1, 2)
    assert len(exported.get_finished_spans()) == 1


def test_chunks_on_their_way_have_a_bound(traces, exported):
    """Of those that never arrive the oldest are given up."""
    for number in range(_MOST_OPEN + 10):
        traces.begin(chunk(number))
    traces.committed([chunk(number) for number in range(11)], 1, 2)
    assert len(exported.get_finished_spans()) == 1
    assert len(traces._spans) == _MOST_OPEN
