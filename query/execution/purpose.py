"""What a statement of a query is for."""

from __future__ import annotations

from enum import Enum


class Purpose(str, Enum):
    """Why a statement is run, in words for people."""

    FIRST = "first step"
    LOOKUP = "finding the first rows"
    GATHER = "gathering"
    ROWS = "rows"
    IN_VAIN = "rows, looked for in vain"
    FAILURES = "counting what could not be computed"
    OUTSIDE = "looking outside the time window"
