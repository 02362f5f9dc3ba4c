"""Row groups as the catalog keeps them: packed, and unpacked when somebody asks.

A store has hundreds of thousands of them, and a question looks at few.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from logstore.model.snapshot import RowGroup

_ROW = struct.Struct("<4q")


class PackedRowGroups(Sequence[RowGroup]):
    """The row groups of a part, equal to any other sequence of the same ones that is packed or a tuple.

    Args:
        packed: four little-endian int64 for each: first row, rows, smallest and largest time.
    """

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def __len__(self) -> int:
        return len(self.packed) // _ROW.size

    @overload
    def __getitem__(self, place: int) -> RowGroup: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[RowGroup, ...]: ...
    def __getitem__(self, place: int | slice) -> RowGroup | tuple[RowGroup, ...]:
        if isinstance(place, slice):
            return tuple(self[each] for each in range(*place.indices(len(self))))
        return RowGroup(*_ROW.unpack_from(self.packed, range(len(self))[place] * _ROW.size))

    def __iter__(self) -> Iterator[RowGroup]:
        return (RowGroup(*row) for row in _ROW.iter_unpack(self.packed))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PackedRowGroups):
            return self.packed == other.packed
        return isinstance(other, tuple) and tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def pack_row_groups(groups: Iterable[RowGroup]) -> bytes:
    """What `PackedRowGroups` is made of."""
    if isinstance(groups, PackedRowGroups):
        return groups.packed
    return b"".join(_ROW.pack(group.first_row, group.rows, group.time_min_ns, group.time_max_ns) for group in groups)
