"""Where rows come from: the interface that queries need of a store, and nothing more of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from logstore.model.snapshot import Part, PartRead, Snapshot


class Source(Protocol):
    """Something that can be asked questions."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The store as it is now, for as long as the context is open.

        Holds every event acked before the call (it may wait for their decoding). The files it lists stay readable until
        the context closes. Blocking; safe from several threads.
        """

    def unfit(self, reads: Sequence[PartRead]) -> Collection[Part]:
        """The parts among these, of an open snapshot, of which the bytes to be read are damaged or missing.

        Nothing may be read of a part before it was asked about: what cannot be checked afterwards is a wrong row. What
        was checked once is not read again, so asking again costs little. Blocking; safe from several threads.

        Raises:
            StorageError: it cannot be told now.
        """
