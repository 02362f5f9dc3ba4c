"""Whoever can tell of chunks and parts beside their events: a running store, or a data directory that is read."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol

from logstore.model.snapshot import Snapshot
from logstore.storage.ledger.search import LedgerView
from logstore.storage.quarantine.view import QuarantineView


class Books(Protocol):
    """Tells of chunks and parts. Blocking; safe from several threads."""

    @property
    def root(self) -> str:
        """Absolute path of the data directory."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The events, and the parts that hold them."""

    def ledger(self) -> AbstractContextManager[LedgerView]:
        """What became of chunks."""

    def quarantine(self) -> AbstractContextManager[QuarantineView]:
        """What could not be decoded, or is damaged."""


class Keeper(Books, Protocol):
    """One that may also change them."""

    def drop_from_quarantine(self, seqs: Collection[int], damaged: Collection[str]) -> int:
        """Drops chunks and damaged files for good; how many they were. Raises `WorldError`."""
