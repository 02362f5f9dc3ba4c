"""How parts are written: what is chosen for all of their columns."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.storage.settings import StorageSettings

LIGHT = 0
"""The compression level of parts that are written again soon, when they are merged: not compressed but where that
costs next to nothing. They are written in two thirds of the time and are half as large again."""


PAGE_ROWS = 8_192
"""Most rows of a page: what a reader decompresses at least for one row. Fewer cost room and time to write, see
docs/decisions/part-layout.md."""


@dataclass(frozen=True, slots=True)
class PartShape:
    """How parts are written; see the settings of the same names.

    Attributes:
        row_group_rows: most rows of a row group.
        sort_bucket_rows: about how many rows are sorted by tag among themselves.
        compression_level: of zstd, or `LIGHT`.
        max_listed_tags: the distinct tags of a part are listed when they are at most so many.
        page_rows: most rows of a page, but in a light part.
        has_bloom_filters: whether columns of ids have Bloom filters; a light part has none.
    """

    row_group_rows: int
    sort_bucket_rows: int
    compression_level: int
    max_listed_tags: int
    page_rows: int = PAGE_ROWS
    has_bloom_filters: bool = False

    @property
    def is_light(self) -> bool:
        """Whether writing it costs little, whatever room it takes."""
        return self.compression_level == LIGHT


def fresh_shape(settings: StorageSettings) -> PartShape:
    """How a generation is written when it is sealed."""
    return PartShape(
        settings.fresh_row_group_rows,
        settings.fresh_sort_bucket_rows,
        settings.seal_compression_level,
        settings.max_listed_tags,
    )


def compacted_shape(settings: StorageSettings) -> PartShape:
    """How parts are written that are made of others, and that are kept."""
    return PartShape(
        settings.row_group_rows,
        settings.sort_bucket_rows,
        settings.compression_level,
        settings.max_listed_tags,
        # Word indexes tell of ids too, in less room and before a part is even opened.
        has_bloom_filters=settings.bloom_filters or not settings.word_index,
    )
