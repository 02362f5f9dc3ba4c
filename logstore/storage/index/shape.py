"""How word indexes are made, by settings."""

from __future__ import annotations

from logstore.storage.index.build import IndexShape
from logstore.storage.index.codec import best_codec
from logstore.storage.settings import StorageSettings


def kept_shape(settings: StorageSettings) -> IndexShape | None:
    """Of parts that are kept: those that were made of others, and all that are indexed on demand. None: of none."""
    return IndexShape(best_codec(), settings.gram_index) if settings.word_index else None


def fresh_shape(settings: StorageSettings) -> IndexShape | None:
    """Of parts as they are sealed: only what costs little, for senders wait, and such parts are soon merged."""
    return IndexShape(best_codec(), has_grams=False, has_ids=False) if settings.word_index else None
