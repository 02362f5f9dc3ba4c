"""Tallies: numbers of rows that are kept beside a part, so that they need not be counted again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from logstore.model.timespan import NS_PER_SECOND

BIN_NS = 10 * NS_PER_SECOND
"""Width of the bins of time. Shorter ones make tallies of many tags as long as the rows that they count."""

Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class ValuesTally:
    """The values of a column, each once, and how many rows have each; rows that are in none have no value."""

    values: pa.Array
    rows: Integers

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return int(self.values.nbytes + self.rows.nbytes)


@dataclass(frozen=True, slots=True)
class VolumeTally:
    """How many rows there are of each tag, level and bin of time; each combination once, only those that occur.

    Attributes:
        tags, levels: that occur; None is a missing one, and where tags are not told apart the only tag is None.
        tag, level: of each combination, as places among these.
        starts_ns: where the bins begin, UTC nanoseconds.
        rows: of each combination, how many.
    """

    tags: tuple[str | None, ...]
    levels: tuple[str | None, ...]
    tag: Integers
    level: Integers
    starts_ns: Integers
    rows: Integers

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        arrays = (self.tag, self.level, self.starts_ns, self.rows)
        return sum(each.nbytes for each in arrays) + sum(len(tag or "") for tag in self.tags)
