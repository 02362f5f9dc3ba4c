"""How many events a payload can hold at most, without decoding it."""

from __future__ import annotations

from ingest.inflated import most_inflated
from logstore.model.chunk import Compression


def packed_bound(payload: bytes, compression: Compression, max_inflated_bytes: int) -> int:
    """Bound for packed entries, which inflate to at most `max_inflated_bytes`; at least 1.

    A byte each: malformed values take a place too, so that good entries behind many of them still have theirs.
    """
    if compression is Compression.UNKNOWN:
        return 1
    return most_inflated(payload, compression, max_inflated_bytes) + 1
