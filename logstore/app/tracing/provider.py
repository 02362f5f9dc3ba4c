"""The one place that sets OpenTelemetry up: who is sampled, and how spans leave, in a thread of their own.

Spans wait in a queue with a bound. A receiver that is slow or down loses them, and holds up nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Tracer

from logstore import __version__
from logstore.config.tracing import TracingSettings

_EXPORT_TIMEOUT_S = 5.0
"""A receiver that takes longer is not waited for: neither while the server runs nor when it stops."""


@contextmanager
def tracer_of(settings: TracingSettings) -> Iterator[Tracer]:
    """Makes spans, and sends what is left of them on the way out."""
    exporter = OTLPSpanExporter(f"{(settings.endpoint or '').rstrip('/')}/v1/traces", timeout=_EXPORT_TIMEOUT_S)
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.sample_ratio)),
        resource=Resource.create({"service.name": settings.service_name, "service.version": __version__}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield provider.get_tracer("logstore", __version__)
    finally:
        provider.shutdown()
