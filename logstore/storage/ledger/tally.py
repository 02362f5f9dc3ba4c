"""Single messages, told together: a row for each connection and minute."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from logstore.model.chunk import Chunk, Compression, Mode
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.ledger.record import LedgerRecord, Status

NS_PER_MINUTE = 60 * NS_PER_SECOND

MOST_TAGS = 20
"""Tags that a row names. A sender with more of them on one connection is found by its address."""

TallyKey = tuple[int, int, Mode]
"""Connection, minute, mode."""


@dataclass(slots=True)
class Tally:
    """Counts the messages of one connection within a minute, starting from the first of them."""

    first: Chunk
    until_ns: int
    seq: int | None = None
    end_seq: int | None = None
    chunks: int = 0
    payload_bytes: int = 0
    rows: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    tags: dict[str, None] = field(default_factory=dict)

    def name(self, tags: Iterable[str]) -> None:
        """Names tags of its events, as long as they are few."""
        for tag in tags:
            if len(self.tags) >= MOST_TAGS:
                return
            self.tags[tag] = None

    def merge(self, later: Tally) -> None:
        """Adds what came later."""
        self.until_ns = max(self.until_ns, later.until_ns)
        self.end_seq = later.end_seq
        self.chunks += later.chunks
        self.payload_bytes += later.payload_bytes
        self.rows += later.rows
        self.reasons.update(later.reasons)
        self.name(later.tags)

    def record(self, status: Status) -> LedgerRecord:
        """The row that it is by now."""
        first = self.first
        return LedgerRecord(
            status=status,
            received_ns=first.received_ns,
            until_ns=self.until_ns,
            mode=first.mode,
            compression=Compression.NONE,
            tags=tuple(self.tags),
            tenant=first.tenant,
            listener=first.listener,
            sender=first.peer,
            connection=first.connection,
            ordinal=first.ordinal,
            seq=self.seq,
            end_seq=self.end_seq,
            chunks=self.chunks,
            payload_bytes=self.payload_bytes,
            rows=self.rows,
            rejected=self.reasons.total(),
            reasons=dict(self.reasons),
        )


def begin_tally(chunk: Chunk, seq: int | None = None) -> Tally:
    """A tally that this message will be the first of; its payload is not held."""
    return Tally(dataclasses.replace(chunk, payload=b"", options=b""), chunk.received_ns, seq)


def tally_key(chunk: Chunk) -> TallyKey:
    """Which row a single message belongs to."""
    return chunk.connection, chunk.received_ns // NS_PER_MINUTE, chunk.mode
