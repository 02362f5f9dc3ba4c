"""How often a log line may be written that strangers can cause: once, then once in a while with the count of the rest.

A sender with a wrong key comes back several times a second for as long as nobody mends it. Pure: the time comes in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

PERIOD_NS: Final = 60 * 1_000_000_000
"""Between two lines of one kind. Shorter fills logs; longer hides that it goes on."""
# Kinds that are remembered; of more, the oldest may be told anew. Each is a few hundred bytes.
_MAX_KINDS: Final = 1024


class LogRation:
    """Counts what is not told. A kind of line is any value, say what happened and to which source."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[Hashable, tuple[int, int]] = OrderedDict()

    def ask(self, kind: Hashable, now_ns: int) -> str | None:
        """None to stay silent; else what to end the line with: how many were not told since the last."""
        told_ns, silent = self._kinds.get(kind, (None, 0))
        if told_ns is not None and now_ns - told_ns < PERIOD_NS:
            self._kinds[kind] = told_ns, silent + 1
            return None
        self._kinds[kind] = now_ns, 0
        self._kinds.move_to_end(kind)
        if len(self._kinds) > _MAX_KINDS:
            self._kinds.popitem(last=False)
        return f"; {silent} more like this since it was last told" if silent else ""
