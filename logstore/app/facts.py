"""What an answer says beside its rows: was it cut, what should the asker know, where are the events if it is empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

HEADER = "X-Logstore-Facts"
"""HTTP header of the facts, as compact JSON, where the whole answer was known before the first byte was sent."""

PARTIAL_HEADER = "X-Logstore-Partial"
"""HTTP header, `true` when it was known before the first byte was sent that the answer lacks parts."""

SNAPSHOT_HEADER = "X-Logstore-Snapshot"
"""HTTP header of the id of the snapshot that was asked."""

METADATA_KEY = b"logstore.facts"
"""Key of the facts in the custom metadata of the last, empty batch of an answer in the format `arrow`."""

ERROR_KEY = b"logstore.error"
"""Key, likewise, of the error that ended an answer early."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of a finished answer.

    Attributes:
        rows: rows in the answer.
        cut_at: the limit that cut it, when there were more rows; None when it is whole.
        notices: what the asker should know, a diagram each (an unknown field with the nearest name, values that could
            not be computed).
        outside: how many matching events lie outside the window, when the answer is empty; else None.
        newest: RFC 3339 time of the newest of those.
        elapsed_s: seconds from the question to the last row.
        seq: the answer holds for all events with sequence numbers up to this one; None when that has no meaning.
        snapshot: the id of the snapshot that was asked: `at` asks it again. None when there is none.
        next: the id of the last row of a cut answer whose rows are events: `after` goes on behind it.
        read: what was read and what was left out by pruning, by name.
        partial: what the answer lacks because it is damaged or missing: `parts`, the `events` that they hold, and the
            RFC 3339 times `from` and `to` of the first and the last; `unreachable` says why, when some of it is in
            object storage and could not be fetched. None when the answer is whole.
    """

    rows: int = 0
    cut_at: int | None = None
    notices: tuple[str, ...] = ()
    outside: int | None = None
    newest: str | None = None
    elapsed_s: float = 0.0
    seq: int | None = None
    snapshot: str | None = None
    next: str | None = None
    read: Mapping[str, int] = field(default_factory=dict)
    partial: Mapping[str, int | str] | None = None

    def to_json(self) -> bytes:
        """Compact JSON, ASCII only, fit for a header."""
        # Nothing in it has to be copied, as `asdict` would.
        told = {name: getattr(self, name) for name in _NAMES}
        return _COMPACT.encode(told).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Facts:
        """Reads `to_json`'s text."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "notices": tuple(values.get("notices", ()))})


_NAMES = tuple(each.name for each in fields(Facts))
_COMPACT = json.JSONEncoder(separators=(",", ":"))
