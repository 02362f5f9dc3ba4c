"""Guarding against a catalog that is gone, or older than the files beside it.

A start removes parts of generations that were never committed: a crash left them, and their events are in the log. By
a catalog that lost its memory every part looks so. Events that are nowhere else are never removed.
"""

from __future__ import annotations

from collections.abc import Iterable

from logstore.errors import CorruptionError
from logstore.storage.directory import Directory
from logstore.storage.layout import CATALOG_FILE, PART_SUFFIX, PARTS, WAL, segment_seq
from logstore.storage.part.footer import read_part

REMEDY = (
    "restore the directory from a backup, or put back the catalog that belongs to these parts; "
    "to begin anew, move the parts elsewhere"
)


def check_catalog(directory: Directory) -> None:
    """Refuses a directory with parts and without a catalog.

    Raises:
        CorruptionError: it is one.
    """
    if directory.exists(CATALOG_FILE) and directory.size(CATALOG_FILE):
        return
    parts = [name for name in directory.files(PARTS) if name.endswith(PART_SUFFIX)]
    if parts:
        path = directory.path(CATALOG_FILE)
        raise CorruptionError(f"the catalog is gone or empty, and there are {len(parts):,} parts", path, remedy=REMEDY)


def holds_lost_events(directory: Directory, end_seq: int, parts: Iterable[str]) -> bool:
    """Whether one of these unlisted parts, by name, has events that are neither sealed nor in the log.

    Args:
        directory: the data directory.
        end_seq: where the sealed events end, as the catalog says.
        parts: the parts.
    """
    segments = [first for first in map(segment_seq, directory.files(WAL)) if first is not None]
    if segments and min(segments) <= end_seq:
        return False
    return any(_reaches(directory, name, end_seq) for name in parts if name.endswith(PART_SUFFIX))


def _reaches(directory: Directory, name: str, end_seq: int) -> bool:
    try:
        return read_part(directory.path(name), name, 0).seq_max >= end_seq
    except CorruptionError:
        # Nobody can read it, so nothing is lost with it.
        return False
