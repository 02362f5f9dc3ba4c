"""Where traces meet the rest of the server: what is wrapped when they are wanted, and else left as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from aiohttp import web

from ingest.sink import Sink
from logstore.clock import Clock
from logstore.config.tracing import TracingSettings
from logstore.errors import SettingsError
from logstore.storage.decoder import Decoding
from logstore.storage.store import Store


class Tracing(Protocol):
    """What is done to the parts of a server so that they are traced."""

    def decoding(self, decoding: Decoding) -> Decoding:
        """Has the decoding of sampled chunks told."""

    def watch(self, store: Store) -> None:
        """Has the commits of sampled chunks told."""

    def sink(self, sink: Sink) -> Sink:
        """Has chunks traced that go into a sink."""

    def join(self, application: web.Application) -> None:
        """Has requests traced, before the application starts."""


class NoTracing:
    """Leaves everything as it is; see `Tracing`."""

    def decoding(self, decoding: Decoding) -> Decoding:
        """The same."""
        return decoding

    def watch(self, store: Store) -> None:
        """Nothing."""

    def sink(self, sink: Sink) -> Sink:
        """The same."""
        return sink

    def join(self, application: web.Application) -> None:
        """Nothing."""


@contextmanager
def tracing_of(settings: TracingSettings, clock: Clock) -> Iterator[Tracing]:
    """What the settings ask for; on the way out spans that are left are sent.

    Raises:
        SettingsError: traces are wanted, and OpenTelemetry is not installed.
    """
    if settings.endpoint is None:
        yield NoTracing()
        return
    try:
        # Nobody else should wait for its import.
        from logstore.app.tracing.provider import tracer_of  # noqa: PLC0415
        from logstore.app.tracing.traced import Traced  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(
            f"setting tracing.endpoint: OpenTelemetry cannot be loaded: {error}", "pip install 'logstore[tracing]'"
        ) from error
    with tracer_of(settings) as tracer:
        yield Traced(tracer, clock)
