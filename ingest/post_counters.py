"""Everything that is counted about bodies, in plain numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class PostCounters:
    """Counts since the start.

    Attributes:
        requests: answered, by status.
        received_bytes: of bodies, as received.
        stored: events.
        rejected: events that were not, by reason.
        duplicates: bodies that were copies.
    """

    requests: Counter[str] = field(default_factory=Counter)
    received_bytes: int = 0
    stored: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
