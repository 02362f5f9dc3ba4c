"""How word indexes are made, by settings."""

from __future__ import annotations

from logstore.storage.index.build import IndexShape
from logstore.storage.index.codec import best_codec
from logstore.storage.settings import StorageSettings


def index_shape(settings: StorageSettings) -> IndexShape | None:
    """How they are made; None when none are."""
    return IndexShape(best_codec(), settings.gram_index) if settings.word_index else None
