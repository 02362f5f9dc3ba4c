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


class SomeRowGroups(Sequence[RowGroup]):
    """Those of a part's row groups that stand at some places, unpacked when somebody looks at them.

    Args:
        groups: all of the part.
        bits: the n-th is set for the n-th row group, if that is one of them.
    """

    __slots__ = ("_bits", "_groups", "_made")

    def __init__(self, groups: Sequence[RowGroup], bits: int) -> None:
        self._groups = groups
        self._bits = bits
        self._made: tuple[RowGroup, ...] | None = None

    def __len__(self) -> int:
        return self._bits.bit_count()

    @overload
    def __getitem__(self, place: int) -> RowGroup: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[RowGroup, ...]: ...
    def __getitem__(self, place: int | slice) -> RowGroup | tuple[RowGroup, ...]:
        return self._unpacked()[place]

    def __iter__(self) -> Iterator[RowGroup]:
        return iter(self._unpacked())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._unpacked() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._unpacked())

    def __repr__(self) -> str:
        return repr(self._unpacked())

    def _unpacked(self) -> tuple[RowGroup, ...]:
        if self._made is None:
            self._made = tuple(map(self._groups.__getitem__, _places_of(self._bits)))
        return self._made


def _places_of(bits: int) -> Iterator[int]:
    """Those of the bits that are set, from the lowest on: mostly few of hundreds."""
    text = bin(bits)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)


def pack_row_groups(groups: Iterable[RowGroup]) -> bytes:
    """What `PackedRowGroups` is made of."""
    if isinstance(groups, PackedRowGroups):
        return groups.packed
    return b"".join(_ROW.pack(group.first_row, group.rows, group.time_min_ns, group.time_max_ns) for group in groups)
