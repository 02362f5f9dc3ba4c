"""How much of the log is stored: pure decisions, the time comes in.

What is logged while the log is being stored is stored too. So that it can neither multiply nor go on for ever at any
speed, all lines together have a rate, and those of a kind, which a loop would repeat, a much smaller one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from logstore.model.timespan import NS_PER_SECOND

ALL_PER_S: Final = 100
"""Lines a second. A server that is well logs a few an hour; a larger rate takes more from intake when it is not."""
ALL_AT_ONCE: Final = 1_000
"""Lines that may come in one go: a start that finds much to tell."""
KIND_PER_S: Final = 10 / 60
KIND_AT_ONCE: Final = 20
"""Of one kind. What is left out of a kind is like what is kept."""
_MOST_KINDS: Final = 1_024


@dataclass(slots=True)
class _Bucket:
    """A token bucket: `left` lines may come, and `per_s` more each second, up to `most`."""

    per_s: float
    most: float
    left: float
    since_ns: int

    def refill(self, now_ns: int) -> None:
        gained = self.per_s * max(0, now_ns - self.since_ns) / NS_PER_SECOND
        self.left, self.since_ns = min(self.most, self.left + gained), now_ns


class Allowance:
    """Which lines may be stored. A kind is any value, say the logger and the message before its arguments."""

    def __init__(self, now_ns: int) -> None:
        self._all = _Bucket(ALL_PER_S, ALL_AT_ONCE, ALL_AT_ONCE, now_ns)
        self._kinds: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, kind: Hashable, now_ns: int) -> bool:
        """Whether a line of this kind may be stored; then it is counted."""
        bucket = self._kinds.get(kind) or _Bucket(KIND_PER_S, KIND_AT_ONCE, KIND_AT_ONCE, now_ns)
        self._kinds[kind] = bucket
        self._kinds.move_to_end(kind)
        if len(self._kinds) > _MOST_KINDS:
            self._kinds.popitem(last=False)
        bucket.refill(now_ns)
        self._all.refill(now_ns)
        if bucket.left < 1 or self._all.left < 1:
            return False
        bucket.left -= 1
        self._all.left -= 1
        return True
