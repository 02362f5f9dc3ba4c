"""Row ids: what names one event for ever, and says where it stands in the order of events.

An id is opaque to whoever is given it. It holds the event's time and its `_seq`, which nothing ever changes: not a
seal, nor a merge, nor a restart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from logstore.errors import CallerError
from logstore.model.timespan import MAX_NS, MIN_NS

_ID = re.compile(r"(-?[0-9]{1,19})\.([0-9]{1,19})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RowId:
    """An event: its time in UTC nanoseconds, and its sequence number."""

    time_ns: int
    seq: int

    def __str__(self) -> str:
        return f"{self.time_ns}.{self.seq}"


def parse_row_id(text: str) -> RowId:
    """The row that an id names.

    Raises:
        CallerError: it is none.
    """
    found = _ID.fullmatch(text)
    row = RowId(int(found[1]), int(found[2])) if found else None
    if row is None or not MIN_NS <= row.time_ns <= MAX_NS or row.seq > MAX_NS:
        raise CallerError(f"not the id of a row: {text!r}", "ids stand in the column _row, and in the fact next")
    return row
