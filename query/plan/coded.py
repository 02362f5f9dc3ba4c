"""What is known of many rows at once: a row for each kind of them, its values written down once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from logstore.model.schema import Kind
from logstore.model.tally import Integers

Key: TypeAlias = tuple[str, Kind]
"""A field, and the kind of its values."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column.

    Attributes:
        values: that occur, in any order; a null among them is a missing value.
        codes: of each row, the place of its value among these; -1: it is missing.
    """

    values: pa.Array
    codes: Integers

    def array(self) -> pa.Array:
        """The values, row by row."""
        return self.values.take(pa.array(self.codes, mask=self.codes < 0))


@dataclass(frozen=True, slots=True)
class Tallied:
    """Rows, and how many events each of them stands for.

    Attributes:
        rows: of each row, how many; never none.
        times: of each row, a time that is in the same bins as those of its events; None: nobody asks for times.
        columns: fields that are looked at, but for the time. A field that is missing here has no such values.
    """

    rows: Integers
    times: Integers | None = None
    columns: Mapping[Key, Coded] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        times = 0 if self.times is None else self.times.nbytes
        return int(
            self.rows.nbytes + times + sum(each.codes.nbytes + each.values.nbytes for each in self.columns.values())
        )


def distinct_texts(texts: list[str | None]) -> Coded:
    """A column of texts."""
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    return Coded(encoded.dictionary, places_of(encoded))


def places_of(encoded: pa.DictionaryArray) -> Integers:
    """Of each row its place in the dictionary; -1: it is missing."""
    indices = encoded.indices.fill_null(-1) if encoded.indices.null_count else encoded.indices
    return np.asarray(indices.to_numpy(), np.int64)
