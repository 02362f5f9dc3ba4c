"""When the open generation is sealed. Pure."""

from __future__ import annotations

from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.chunk_memory import RECENT_BYTES
from logstore.storage.generation import Generation
from logstore.storage.settings import StorageSettings


def seal_due_s(
    generation: Generation, recent_chunks: int, now_ns: int, settings: StorageSettings, *, has_room: bool
) -> float | None:
    """Seconds until the open generation is due: 0 when it is large, old, or in the way of intake; None when empty.

    Args:
        generation: the open generation.
        recent_chunks: chunks that are remembered in memory, which a seal moves to a file.
        now_ns: monotonic time.
        settings: the limits.
        has_room: whether intake may go on.
    """
    if generation.opened_ns is None:
        return None
    is_large = generation.nbytes + recent_chunks * RECENT_BYTES >= settings.seal_bytes
    if is_large or not has_room:
        return 0.0
    age_s = (now_ns - generation.opened_ns) / NS_PER_SECOND
    return max(0.0, settings.seal_age_s - age_s)


def backoff_s(failures: int, settings: StorageSettings) -> float:
    """The pause after so many failed seals in a row (at least one)."""
    return min(settings.max_seal_backoff_s, settings.seal_backoff_s * 2.0 ** min(failures - 1, 30))
