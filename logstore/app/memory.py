"""How a server deals with memory: which allocator Arrow uses, and what the garbage collector is spared."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ALLOCATOR: Final = "ARROW_DEFAULT_MEMORY_POOL"
"""Arrow reads this variable when it is loaded. What is set in Python later holds for its Python functions alone, and
not for the Parquet writer."""

_DECAY_MS: Final = 10_000
"""Freed memory is kept for so long. Every few seconds a server needs as much again for the next generation, and a page
given back to the system is cleared when it comes again; that took a fifth of all of a server's time."""

_YOUNG_OBJECTS: Final = 20_000
"""New objects before the collector looks for cycles among them. Intake makes thousands a second, and few that need it;
more would let those few stay longer."""


def choose_allocator() -> None:
    """Makes Arrow use jemalloc where its builds have it, unless the operator has chosen. Before Arrow is loaded."""
    if sys.platform == "linux":
        os.environ.setdefault(_ALLOCATOR, "jemalloc")


def keep_freed_memory() -> None:
    """Makes Arrow keep what it freed for a while, where it uses the allocator that can (jemalloc)."""
    import pyarrow as pa  # noqa: PLC0415 - `choose_allocator` comes before it

    if pa.default_memory_pool().backend_name == "jemalloc":
        pa.jemalloc_set_decay_ms(_DECAY_MS)


@contextmanager
def spared_collector() -> Iterator[None]:
    """Takes what was made before out of the collector's sight: it lives as long as the server.

    At the end it is back there, for libraries look at the end of the process whether they were tidied up.
    """
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
