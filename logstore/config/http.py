"""`[http]`: the HTTP API."""

from __future__ import annotations

from pydantic import Field

from logstore.config.section import GIB, KIB, MIB, Section


class HttpSettings(Section):
    """The HTTP API."""

    listen: str = "127.0.0.1:24280"
    """Address of the HTTP API, `HOST:PORT`. It has no access control: open it to trusted networks only."""

    max_request_bytes: int = Field(default=1 * MIB, ge=1 * KIB)
    """Longest body of a request that asks. What is longer is no query."""

    ingest: bool = True
    """Whether events are taken over HTTP. There is no access control: whoever reaches the address can write."""

    max_ingest_bytes: int = Field(default=64 * MIB, ge=64 * KIB, le=1 * GIB)
    """Longest body of events, compressed or not. Larger bodies take more memory each and make senders repeat more when
    one fails; several megabytes are as fast."""

    max_unfinished_bytes: int = Field(default=128 * MIB, ge=1 * MIB)
    """Halves of bodies of events that all requests together may hold in memory; above it only the one that began
    first is read on. Larger serves many slow senders of large bodies at once."""

    max_ingest_requests: int = Field(default=256, ge=1)
    """Requests with events in hand at once; more are told to come again, with status 503. Each takes some memory,
    whatever its body."""

    body_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds that a body of events may take to arrive. Shorter cuts off large bodies over slow links; longer lets
    senders that have died hold their memory for longer."""
