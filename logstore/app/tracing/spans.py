"""Spans of OpenTelemetry behind `logstore.trace`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context

from logstore.trace import Attribute

PREFIX = "logstore."
"""Of the names of attributes that are ours."""


class OpenSpan:
    """A span that is open; see `logstore.trace.Span`."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def tell(self, **attributes: Attribute) -> None:
        """Adds what is known now."""
        self._span.set_attributes({PREFIX + name: value for name, value in attributes.items()})


class RequestTrace:
    """The spans of one request, below one that is open; see `logstore.trace.Trace`.

    A span that is opened while another one is open is below that one.
    """

    def __init__(self, tracer: Tracer, root: Span) -> None:
        self._tracer = tracer
        self.root = root
        self._open: list[Span] = [root]

    @property
    def is_recorded(self) -> bool:
        """Whether it is sampled."""
        return self.root.is_recording()

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[OpenSpan]:
        """Time is spent with this, for as long as the context is open."""
        span = self._tracer.start_span(name, context=below(self._open[-1]))
        opened = OpenSpan(span)
        opened.tell(**attributes)
        self._open.append(span)
        try:
            yield opened
        except GeneratorExit:
            # Rows that nobody wants any more: no error.
            raise
        except BaseException as error:
            fail(span, error)
            raise
        finally:
            # Generators may be closed in another order than they were begun.
            self._open.remove(span)
            span.end()


def below(span: Span) -> Context:
    """The context in which what is begun is below a span."""
    return set_span_in_context(span, Context())


def fail(span: Span, error: BaseException) -> None:
    """Marks what a span stands for as failed."""
    span.record_exception(error)
    span.set_status(Status(StatusCode.ERROR, f"{type(error).__name__}: {error}"))
