"""Row groups as the catalog keeps them: packed, and unpacked when somebody asks.

A store has hundreds of thousands of them, and a question looks at few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np

from logstore.model.snapshot import RowGroup

_VALUES = 4
_BYTES = 8 * _VALUES


class PackedRowGroups(Sequence[RowGroup]):
    """The row groups of a part, equal to any other sequence of the same ones that is packed or a tuple.

    Args:
        packed: four little-endian int64 for each: first row, rows, smallest and largest time.
    """

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def __len__(self) -> int:
        return len(self.packed) // _BYTES

    @overload
    def __getitem__(self, place: int) -> RowGroup: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[RowGroup, ...]: ...
    def __getitem__(self, place: int | slice) -> RowGroup | tuple[RowGroup, ...]:
        return tuple(self)[place]

    def __iter__(self) -> Iterator[RowGroup]:
        return (RowGroup(*row) for row in np.frombuffer(self.packed, "<i8").reshape(-1, _VALUES).tolist())

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
    rows = [(group.first_row, group.rows, group.time_min_ns, group.time_max_ns) for group in groups]
    return np.array(rows, "<i8").tobytes()
