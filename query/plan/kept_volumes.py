"""What questions took of the tallies of parts, for those that ask the same of them again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias
from weakref import ReferenceType, ref

from query.plan.coded import Tallied
from query.source import PartIndex

_MOST_BYTES = 16 * 2**20
_LARGEST_BYTES = 2**18
"""Of one. Whoever looks at more of a tally spends more time on other things."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What is taken of a tally of tags and levels by time.

    Attributes:
        path: of the part.
        tags: only these; None: all.
        by_time: whether bins of time are told apart.
        by_tag, by_level: whether these are.
    """

    path: str
    tags: frozenset[str] | None
    by_time: bool
    by_tag: bool
    by_level: bool


_Kept: TypeAlias = tuple[ReferenceType[PartIndex], Tallied, int]


class KeptVolumes:
    """The cuts that were asked for last. A part never changes, so they are right for as long as its index is the same.

    Nobody may change what it gives. Safe from several threads.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Cut, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def cut(self, index: PartIndex, cut: Cut, make: Callable[[], Tallied | None]) -> Tallied | None:
        """What `make` gives, or gave when this was asked of the same index before."""
        with self._lock:
            found = self._kept.get(cut)
            if found is not None and found[0]() is index:
                self._kept.move_to_end(cut)
                return found[1]
        made = make()
        if made is not None and made.bytes <= _LARGEST_BYTES:
            self._keep(cut, (ref(index), made, made.bytes))
        return made

    def _keep(self, cut: Cut, kept: _Kept) -> None:
        with self._lock:
            before = self._kept.pop(cut, None)
            self._bytes -= 0 if before is None else before[2]
            self._kept[cut] = kept
            self._bytes += kept[2]
            while self._bytes > _MOST_BYTES:
                self._bytes -= self._kept.popitem(last=False)[1][2]
