"""`[tracing]`: where traces go."""

from __future__ import annotations

from pydantic import Field

from logstore.config.section import Section


class TracingSettings(Section):
    """OpenTelemetry traces of questions and of chunks, for finding out where the time goes."""

    endpoint: str | None = Field(default=None, pattern=r"^https?://[^/]+")
    """Base URL of a receiver of OTLP over HTTP, such as an OpenTelemetry Collector: `http://localhost:4318`. Needs
    `pip install 'logstore[tracing]'`. Without it nothing is traced."""

    sample_ratio: float = Field(default=0.01, ge=0, le=1)
    """Share of the requests and chunks that are traced, where whoever sent a request has not decided (`traceparent`).
    Each traced one costs about a millisecond of CPU, each other one some hundredths."""

    service_name: str = Field(default="logstore", min_length=1)
    """What this server is called in traces."""
