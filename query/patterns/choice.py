"""Which miner runs: the compiled one where it was built, else the one in plain Python."""

from __future__ import annotations

import sys

from query.patterns import plain
from query.patterns.bounds import Bounds
from query.patterns.mined import Miner


def make_miner(bounds: Bounds) -> Miner:
    """A miner; both find the same."""
    if sys.byteorder != "little":
        return plain.Miner(bounds)
    try:
        from query.patterns import kernel  # noqa: PLC0415 - not everywhere is it built
    except ImportError:
        return plain.Miner(bounds)
    return kernel.Miner(bounds)
