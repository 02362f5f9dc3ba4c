"""Rows of an answer that are computed together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from query.execution.sound import Make

Address: TypeAlias = tuple[int, int]
"""Where an event is: its time in nanoseconds, and its `_seq`."""


@dataclass(frozen=True, slots=True)
class Slice:
    """How some rows of an answer are had.

    Many columns of many rows cost much to read for the few that are wanted. So where there are many rows, it is asked
    first where those are, which needs only what the filters look at, and then those alone are read.

    Attributes:
        make: makes the statement for all of them.
        addresses: makes the statement that yields where they are; None when that is not worth a statement of its own.
        at: makes the statement for those at some addresses.
    """

    make: Make
    addresses: Make | None = None
    at: Callable[[list[Address]], Make] | None = None
