"""Looking at a part before upkeep reads it: what is made of a damaged part would be damage that nobody can find."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from logstore.model.snapshot import Part

PartCheck: TypeAlias = Callable[[Part], bool]
"""Whether all of a part is what was written; one that is not leaves the store. May raise StorageError."""


def trust(_: Part) -> bool:
    """Takes every part for whole."""
    return True
