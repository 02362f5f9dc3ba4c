"""Snapshot ids: what an answer was made of, so that the same can be asked again.

An id is opaque to whoever is given it. It does not hold the store's rows but what bounds them, so it costs nothing to
give one away and to keep it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from logstore.errors import CallerError
from logstore.model.timespan import MAX_NS

_ID = re.compile(r"([0-9a-f]{8})-([0-9a-f]{1,8})-([0-9a-f]{1,16})-([0-9a-f]{1,16})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SnapshotId:
    """The bounds of a snapshot.

    Attributes:
        run: of the engine that gave the id; another one knows nothing of it.
        epoch: which deletions were in force, by a number that the engine gives.
        seq: events beyond this one are not in it.
        now_ns: what time it was, UTC nanoseconds: windows like the last hour end there.
    """

    run: str
    epoch: int
    seq: int
    now_ns: int

    def __str__(self) -> str:
        return f"{self.run}-{self.epoch:x}-{self.seq + 1:x}-{max(self.now_ns, 0):x}"


def parse_snapshot_id(text: str) -> SnapshotId:
    """The bounds that an id stands for.

    Raises:
        CallerError: it is none.
    """
    found = _ID.fullmatch(text)
    if found is None or int(found[4], 16) > MAX_NS or int(found[3], 16) > MAX_NS:
        raise CallerError(f"not the id of a snapshot: {text!r}", "answers tell theirs, in the fact snapshot")
    return SnapshotId(found[1], int(found[2], 16), int(found[3], 16) - 1, int(found[4], 16))
