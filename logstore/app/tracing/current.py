"""The trace of the request that is being answered, for the handlers of the HTTP API."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from logstore.trace import UNTRACED, Trace

current_trace: Final[ContextVar[Trace]] = ContextVar("current_trace", default=UNTRACED)
"""Set by `logstore.app.tracing.requests` around each request that is traced."""
