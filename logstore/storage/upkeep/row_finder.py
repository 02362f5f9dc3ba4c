"""What upkeep needs of a query engine, which storage knows nothing of."""

from __future__ import annotations

from typing import Protocol

from logstore.model.row_set import Rows
from logstore.model.snapshot import Deletion, Part


class RowFinder(Protocol):
    """Finds the rows of a part that a deletion covers. Called from one thread."""

    def find(self, part: Part, deletion: Deletion) -> Rows:
        """The numbers of the rows, in the order of the file, that match within the window and have `_seq` up to its.

        Raises:
            WorldError: the part cannot be read, or the search is none that this version understands.
        """
