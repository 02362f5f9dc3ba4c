"""Pinned answers: the same question asked of the same events again, however much came in meanwhile.

A snapshot is what its bounds say: the events with `_seq` up to its own, but for those that are deleted. Nothing moves
an event across these bounds, so that none of its files or batches have to be kept for it. What has to be is which
deletions were in force, and that only changes when somebody deletes.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace

from logstore.errors import GoneError
from logstore.model.snapshot import Deletion, Snapshot
from logstore.model.snapshot_id import SnapshotId

MOST_EPOCHS = 1_000
"""Times that deletions may have changed since a snapshot was asked first. Each is a list of the active ones."""

_AGAIN = "ask again without it, and use the id that the answer tells"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A snapshot asked again; `deleted_since` says whether events of it were deleted after it was asked first."""

    snapshot: Snapshot
    deleted_since: bool


class Pins:
    """Gives ids to snapshots, and finds by them what they were. Safe from several threads."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._epoch = 0
        self._epochs: dict[int, tuple[Deletion, ...]] = {}

    def name(self, snapshot: Snapshot, now_ns: int) -> SnapshotId:
        """The id of a snapshot that is asked now."""
        with self._lock:
            return SnapshotId(self._run, self._epoch_of(snapshot.deletions), snapshot.seq, now_ns)

    def again(self, pin: SnapshotId, latest: Snapshot) -> Pinned:
        """What a snapshot is by now; `latest` is the store as it is.

        What was deleted since is gone from it too, and what was deleted then stays deleted.

        Raises:
            GoneError: it is not known here, or no longer.
        """
        with self._lock:
            then = self._epochs.get(pin.epoch)
        if pin.run != self._run or pin.seq > latest.seq:
            raise GoneError("the snapshot is of another server, or of this one before it was started again", _AGAIN)
        if then is None:
            raise GoneError(f"deletions have changed more than {MOST_EPOCHS:,} times since the snapshot", _AGAIN)
        active = {each.number for each in latest.deletions}
        undone = tuple(each for each in then if each.number not in active)
        deletions = tuple(sorted((*latest.deletions, *undone), key=lambda each: each.number))
        newer = {each.number for each in latest.deletions} - {each.number for each in then}
        return Pinned(replace(latest, seq=pin.seq, deletions=deletions), bool(newer))

    def _epoch_of(self, deletions: tuple[Deletion, ...]) -> int:
        if self._epochs.get(self._epoch) != deletions:
            self._epoch += 1
            self._epochs[self._epoch] = deletions
            self._epochs.pop(self._epoch - MOST_EPOCHS, None)
        return self._epoch
