"""Rows that are looked at together: those of a row group of a file, or of a batch in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from logstore.model.schema import Column, Kind

if TYPE_CHECKING:
    from query.pages.taking import Values

Places: TypeAlias = NDArray[np.int32]
"""Rows of a group, by their places in it."""

PHYSICAL: Mapping[Kind, int] = {
    Kind.BOOL: 0,
    Kind.INT: 2,
    Kind.UINT: 2,
    Kind.TIME: 2,
    Kind.FLOAT: 5,
    Kind.TEXT: 6,
    Kind.JSON: 6,
}
"""Parquet's number of the type that holds values of a kind."""


class NotTakenError(Exception):
    """Rows cannot be taken so. Whoever asks the database instead gets them, or hears what is wrong with them."""


class Group(Protocol):
    """Rows that are looked at together."""

    @property
    def rows(self) -> int:
        """How many."""

    @property
    def columns(self) -> Sequence[Column]:
        """What there is of them."""

    def values(self, names: Sequence[str], rows: Places | None) -> list[Values]:
        """Columns by their names, of which the values of some rows are at hand; None: of all rows.

        Raises:
            NotTakenError: they cannot be had.
        """

    def more(self, rows: Places) -> pa.Array:
        """`_more` of some rows; all missing where there is none.

        Raises:
            NotTakenError: likewise.
        """
