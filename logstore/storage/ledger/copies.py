"""Copies of stored chunks, which leave no trace in the log, until a seal writes them to the ledger.

A crash forgets the copies that came since the last seal. They were copies: no event is lost with them.
"""

from __future__ import annotations

import threading

from logstore.model.chunk import Chunk
from logstore.storage.ledger.record import LedgerRecord, Status, chunk_record, is_single
from logstore.storage.ledger.tally import Tally, TallyKey, begin_tally, tally_key

MOST_COPIES = 10_000
"""Rows of copies in memory, a few megabytes. A storm of resends beyond it is counted, not listed."""


class Copies:
    """Remembers copies. Safe from several threads; never blocks for long."""

    def __init__(self, most: int = MOST_COPIES) -> None:
        self._most = most
        self._open: list[LedgerRecord] = []
        self._tallies: dict[TallyKey, Tally] = {}
        self._frozen: list[LedgerRecord] = []
        self._unlisted = 0
        self._lock = threading.Lock()

    @property
    def unlisted(self) -> int:
        """Copies that came when there was no room to remember them."""
        return self._unlisted

    @property
    def has_any(self) -> bool:
        """Whether there are some that no ledger file has."""
        return bool(self._open or self._tallies or self._frozen)

    def add(self, chunk: Chunk, key: bytes) -> None:
        """A copy of the chunk with this key came, and was not stored."""
        with self._lock:
            if is_single(chunk):
                self._count(chunk)
            elif self._has_room():
                self._open.append(chunk_record(Status.COPY, chunk, key))
            else:
                self._unlisted += 1

    def records(self) -> list[LedgerRecord]:
        """All that no ledger file has."""
        with self._lock:
            return [*self._frozen, *self._open, *self._tallied()]

    def freeze(self) -> list[LedgerRecord]:
        """What a ledger file that is written now must hold; it is kept until `forget`."""
        with self._lock:
            self._frozen += [*self._open, *self._tallied()]
            self._open, self._tallies = [], {}
            return list(self._frozen)

    def forget(self) -> None:
        """A committed file holds what was frozen."""
        with self._lock:
            self._frozen = []

    def _has_room(self) -> bool:
        return len(self._open) + len(self._tallies) + len(self._frozen) < self._most

    def _count(self, chunk: Chunk) -> None:
        tally = self._tallies.get(tally_key(chunk))
        if tally is None:
            if not self._has_room():
                self._unlisted += 1
                return
            tally = self._tallies[tally_key(chunk)] = begin_tally(chunk)
        tally.until_ns = chunk.received_ns
        tally.chunks += 1
        tally.payload_bytes += len(chunk.payload)

    def _tallied(self) -> list[LedgerRecord]:
        return [tally.record(Status.COPY) for tally in self._tallies.values()]
