"""How a server deals with memory: which allocator Arrow uses, and what the garbage collector is spared."""

from __future__ import annotations

import gc
from typing import Final

import pyarrow as pa

_DECAY_MS: Final = 10_000
"""Freed memory is kept for so long. Every few seconds a server needs as much again for the next generation, and a page
given back to the system is cleared when it comes again; that took a fifth of all of a server's time."""


def keep_freed_memory() -> None:
    """Makes Arrow keep what it freed for a while, where its build has the allocator that can (jemalloc)."""
    try:
        pa.set_memory_pool(pa.jemalloc_memory_pool())
        pa.jemalloc_set_decay_ms(_DECAY_MS)
    except NotImplementedError:
        # Built without jemalloc: slower, and no less right.
        return


_YOUNG_OBJECTS: Final = 20_000
"""New objects before the collector looks for cycles among them. Intake makes thousands a second, and few that need it;
more would let those few stay longer."""


def spare_the_collector() -> None:
    """Takes what was made at the start out of the collector's sight: it lives as long as the process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
