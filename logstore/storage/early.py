"""Events of a time to come: their sender's clock is wrong. They are stored like all others, counted, and told of."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from logstore.clock import Clock
from logstore.model.batch import EventBatch
from logstore.model.schema import TAG, TIME
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.ledger.accounts import Accounts
from logstore.storage.wal.format import LoggedEntry

_log = logging.getLogger(__name__)

_TELLS_EVERY_S = 60.0
"""So often the log tells of them at most: a sender with a wrong clock sends nothing else."""


class EarlyWatch:
    """Looks for events that are ahead of the time at which they were received. For one thread.

    Args:
        most_ahead_s: so much ahead is not worth a word.
        clock: rations what the log tells.

    Attributes:
        events: how many there were.
    """

    def __init__(self, most_ahead_s: float, clock: Clock) -> None:
        self._most_ahead_ns = int(most_ahead_s * NS_PER_SECOND)
        self._clock = clock
        self._told_ns: int | None = None
        self._untold = 0
        self.events = 0

    def look(self, run: Sequence[LoggedEntry], accounts: Accounts, batch: EventBatch) -> None:
        """Looks at a decoded run, whose entries have the rows that `accounts` says."""
        received = [logged.entry.chunk.received_ns for logged in run]
        if batch.time_max_ns <= min(received, default=0) + self._most_ahead_ns or not batch.rows:
            return
        rows = np.diff(accounts.bounds)
        ahead = batch.table.column(TIME).cast(pa.int64()).to_numpy() - np.repeat(np.array(received, np.int64), rows)
        early = np.flatnonzero(ahead > self._most_ahead_ns)
        if len(early):
            self.events += len(early)
            self._untold += len(early)
            worst = int(early[np.argmax(ahead[early])])
            place = int(np.searchsorted(accounts.bounds, worst, side="right")) - 1
            self._tell(batch.table.column(TAG)[worst].as_py(), run[place].entry.chunk.peer, int(ahead[worst]))

    def _tell(self, tag: str, sender: str, ahead_ns: int) -> None:
        now_ns = self._clock.monotonic_ns()
        if self._told_ns is not None and now_ns - self._told_ns < _TELLS_EVERY_S * NS_PER_SECOND:
            return
        _log.warning(
            "%d events bear a time to come, such as one of tag %s from %s that is %d s ahead: check its clock",
            self._untold, tag, sender or "an unknown sender", ahead_ns // NS_PER_SECOND,
        )  # fmt: skip
        self._told_ns, self._untold = now_ns, 0
