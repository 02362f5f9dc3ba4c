"""Which segments of the log count, and up to where. Pure.

Each header names where the log ended when its segment began. So the log is a chain that is followed from the newest
segment back; whatever lies beside the chain was never acknowledged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from logstore.storage.wal.format import SegmentHeader


@dataclass(frozen=True, slots=True)
class Link:
    """A segment that counts, up to `limit` bytes (None: to its end)."""

    segment: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """The log as its headers tell it.

    Attributes:
        links: segments that count, oldest first.
        unreadable: segments with a damaged header that may have held acknowledged entries, oldest first.
        missing: segments that a header names and that are not there, oldest first.
    """

    links: tuple[Link, ...]
    unreadable: tuple[int, ...]
    missing: tuple[int, ...]


def follow_chain(headers: Mapping[int, SegmentHeader | None]) -> Chain:
    """The chain through segments, given each one's header (None when damaged) by its first sequence number."""
    links: list[Link] = []
    unreadable: list[int] = []
    missing: list[int] = []
    limit: int | None = None
    remaining = sorted(headers)
    while remaining:
        segment = remaining.pop()
        header = headers[segment]
        if header is None:
            # Without its header a segment cannot say what came before it: go on with its neighbour, whole.
            unreadable.append(segment)
            limit = None
            continue
        links.append(Link(segment, limit))
        if header.previous is None:
            break
        limit = header.previous.offset
        named = header.previous.segment
        if named not in headers:
            missing.append(named)
            limit = None
        remaining = [one for one in remaining if one <= named]
    return Chain(tuple(reversed(links)), tuple(reversed(unreadable)), tuple(reversed(missing)))
