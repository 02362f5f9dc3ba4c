"""Finding the few newest of many rows before they are read.

Many columns of many rows cost much to read for the few that are wanted. So it is asked first where those are, which
needs only what the filters look at, and then those alone are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from query.execution.sound import Make

Address: TypeAlias = tuple[int, int]
"""Where an event is: its time in nanoseconds, and its `_seq`."""

MOST_ROWS = 2048
"""More are not looked up: too many of them are near each other, and naming them all takes long."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the first rows are found.

    Attributes:
        most_rows: how many are wanted.
        addresses: make statements that yield, one after the other, where the newest rows are.
        at: makes the statement for the rows at some addresses.
    """

    most_rows: int
    addresses: Callable[[], Iterator[Make]]
    at: Callable[[Sequence[Address]], Make]
