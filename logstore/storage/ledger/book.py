"""The ledger of a generation that is not sealed yet."""

from __future__ import annotations

from logstore.storage.ledger.page import Page
from logstore.storage.ledger.record import RECORD_BYTES, LedgerRecord, Status
from logstore.storage.ledger.tally import Tally, TallyKey


class Book:
    """Gathers pages. Not safe from several threads: the head guards it, and a sealing one does not change any more."""

    def __init__(self) -> None:
        self._records: list[LedgerRecord] = []
        self._tallies: dict[TallyKey, Tally] = {}

    def __len__(self) -> int:
        """How many rows it has."""
        return len(self._records) + len(self._tallies)

    @property
    def nbytes(self) -> int:
        """What it takes in memory, about."""
        return len(self) * RECORD_BYTES

    def add(self, page: Page) -> None:
        """Adds the rows of a run."""
        self._records += page.records
        for key, tally in page.tallies.items():
            known = self._tallies.get(key)
            if known is None:
                self._tallies[key] = tally
            else:
                known.merge(tally)

    def records(self) -> list[LedgerRecord]:
        """All rows as they are now."""
        return [*self._records, *(tally.record(Status.STORED) for tally in self._tallies.values())]
