"""A generation: a contiguous range of the log that is sealed as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from logstore.model.batch import EventBatch
from logstore.storage.chunk_cost import ENTRY_BYTES
from logstore.storage.coalesce import coalesce
from logstore.storage.decoding import DecodedRun
from logstore.storage.ledger.accounts import Accounts
from logstore.storage.ledger.book import Book
from logstore.storage.quarantine.held import Held, HeldLimits, quarantined
from logstore.storage.wal.format import LoggedEntry


@dataclass(frozen=True, slots=True)
class Generation:
    """The decoded entries that wait to be sealed together, immutable but for its ledger.

    Attributes:
        first_seq, end_seq: the range [first_seq, end_seq) of the log; every entry in it is decoded.
        batches: its events, ascending by `_seq`.
        entries: number of its log entries.
        log_bytes: what these take in the log, about.
        rejected: number of events that did not survive decoding.
        held: its chunks in quarantine.
        opened_ns: monotonic time of its first entry; None while it has none.
        book: its ledger, which all that a generation grows through have in common.
    """

    first_seq: int
    end_seq: int
    batches: tuple[EventBatch, ...] = ()
    entries: int = 0
    log_bytes: int = 0
    rejected: int = 0
    held: Held = field(default_factory=Held)
    opened_ns: int | None = None
    book: Book = field(default_factory=Book, compare=False)

    @property
    def rows(self) -> int:
        """Number of its events."""
        return sum(batch.rows for batch in self.batches)

    @property
    def nbytes(self) -> int:
        """Bytes of its events in memory, and of its chunks in quarantine."""
        return self.held.nbytes + sum(batch.nbytes for batch in self.batches)

    def extend(
        self, run: DecodedRun, entries: Sequence[LoggedEntry], accounts: Accounts, limits: HeldLimits, now_ns: int
    ) -> Generation:
        """This generation with one more run, which `entries` became; its ledger is not written yet."""
        payload_bytes = sum(len(logged.entry.chunk.payload) for logged in entries)
        return replace(
            self,
            end_seq=entries[-1].entry.end,
            batches=coalesce(self.batches, run.decoded.batch),
            entries=self.entries + len(entries),
            log_bytes=self.log_bytes + payload_bytes + ENTRY_BYTES * len(entries),
            rejected=self.rejected + len(run.decoded.rejections),
            held=self.held.add(quarantined(entries, accounts), limits),
            opened_ns=now_ns if self.opened_ns is None else self.opened_ns,
        )
