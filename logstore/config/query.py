"""`[query]`: what queries may cost."""

from __future__ import annotations

from pydantic import Field

from logstore.config.section import GIB, MIB, Section


class QuerySettings(Section):
    """Limits of queries."""

    timeout_s: float = Field(default=60.0, gt=0)
    """Seconds that a query may run. Longer lets one mistake keep its place for longer."""

    export_timeout_s: float = Field(default=3600.0, gt=0)
    """Seconds that an export may run. It holds one of the places of `query.concurrency` meanwhile."""

    memory_bytes: int = Field(default=1 * GIB, ge=64 * MIB)
    """Memory that all queries share. Beyond it they spill to disk and become slower; they do not fail. SQL has half as
    much again, and a sixteenth of it is kept for what was read last of files."""

    threads: int = Field(default=0, ge=0)
    """Threads for all queries together; 0 means one for each core. Fewer leaves more of the machine to intake."""

    concurrency: int = Field(default=4, ge=1)
    """Queries that run at once; more wait in a queue. Each one's share of memory shrinks with it. Those that must read
    more than a million events before they can answer have half of these places at most, so that others pass them."""

    queue: int = Field(default=64, ge=0)
    """Queries that may wait; more are refused with status 503. A longer queue only hides that there are too many."""

    queue_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds that a query waits for its turn before it is refused. Nobody waits much longer for a screen to fill."""

    spill_bytes: int = Field(default=8 * GIB, ge=0)
    """Disk that queries may use, in the directory `spill` of the data, for what does not fit into memory."""
