"""Damaging files as disks do."""

from __future__ import annotations

from pathlib import Path

from logstore.model.schema import MORE
from logstore.model.snapshot import Part, PartRead


def flip(path: str | Path, place: int, bit: int = 0) -> None:
    """Flips one bit of a file; its length stays."""
    path = Path(path)
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def whole(part: Part) -> PartRead:
    """All of a part."""
    columns = frozenset({column.name for column in part.columns} | ({MORE} if part.has_more else set()))
    return PartRead(part, columns, tuple(range(len(part.row_groups))))
