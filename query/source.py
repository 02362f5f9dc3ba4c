"""Where rows come from: the interface that queries need of a store, and nothing more of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from logstore.model.snapshot import Snapshot


class Source(Protocol):
    """Something that can be asked questions."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The store as it is now, for as long as the context is open.

        Holds every event acked before the call (it may wait for their decoding). The files it lists stay readable until
        the context closes. Blocking; safe from several threads.
        """
