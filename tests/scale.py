"""How much is tried where there is no end to what could be.

Tests of made-up cases run moderately many of them, so that all tests together take minutes. TESTS_SCALE, a whole
number, makes it so many times more, the same ones and others: `TESTS_SCALE=10 make unit`.
"""

from __future__ import annotations

import os
from typing import Final

SCALE: Final = int(os.environ.get("TESTS_SCALE", "1"))


def scaled(count: int) -> int:
    """So many cases, times the scale."""
    return count * SCALE
