"""What goes into a miner and what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in columns.

    Attributes:
        offsets: where each starts in `data`, and where the last one ends.
        data: their characters in UTF-8.
        counts: how often each occurred.
        firsts, lasts: times of its first and last occurrence, in nanoseconds.
    """

    offsets: NDArray[np.int32]
    data: NDArray[np.uint8]
    counts: NDArray[np.int64]
    firsts: NDArray[np.int64]
    lasts: NDArray[np.int64]

    def rows(self) -> Iterator[tuple[bytes, int, int, int]]:
        """One after the other: text, count, first, last."""
        data, ends = self.data.tobytes(), self.offsets.tolist()
        texts = (data[start:end] for start, end in pairwise(ends))
        return zip(texts, self.counts.tolist(), self.firsts.tolist(), self.lasts.tolist(), strict=True)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A template and its lines.

    Attributes:
        tokens: of the template, with wildcards (see `masks`).
        count: number of lines.
        first, last: times of the first and last of them, in nanoseconds.
        example: the newest of them, of equals the smallest text; cut if long.
    """

    tokens: tuple[bytes, ...]
    count: int
    first: int
    last: int
    example: bytes


class Miner(Protocol):
    """Finds templates: `add` lines, `advance` until that is False, then take the `clusters`."""

    def add(self, lines: Lines) -> None:
        """Takes lines."""

    def advance(self, forms: int) -> bool:
        """Works on so many different lines; whether there may be more of them."""

    def clusters(self) -> list[Cluster]:
        """The templates, in no order that matters."""
