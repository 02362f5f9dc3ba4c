"""When the open generation is sealed. Pure."""

from __future__ import annotations

from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.chunk_memory import RECENT_BYTES
from logstore.storage.generation import Generation
from logstore.storage.settings import StorageSettings


def seal_due_s(generation: Generation, recent_chunks: int, now_ns: int, settings: StorageSettings) -> float | None:
    """Seconds until the open generation is due: 0 when it is large or old; None when empty.

    Whether intake has room is no matter: the budget is at least twice `seal_bytes`, so what fills it is a generation
    that is large enough to be due, or still waits for its decoding. To seal whatever is there then would make tiny
    parts just when much comes in.

    Args:
        generation: the open generation.
        recent_chunks: chunks that are remembered in memory, which a seal moves to a file.
        now_ns: monotonic time.
        settings: the limits.
    """
    if generation.opened_ns is None:
        return None
    noted_bytes = generation.book.nbytes + recent_chunks * RECENT_BYTES
    is_large = generation.nbytes + noted_bytes >= settings.seal_bytes
    if is_large or generation.log_bytes >= settings.seal_log_bytes:
        return 0.0
    age_s = (now_ns - generation.opened_ns) / NS_PER_SECOND
    return max(0.0, settings.seal_age_s - age_s)


def backoff_s(failures: int, settings: StorageSettings) -> float:
    """The pause after so many failed seals in a row (at least one)."""
    return min(settings.max_seal_backoff_s, settings.seal_backoff_s * 2.0 ** min(failures - 1, 30))
