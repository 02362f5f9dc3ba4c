"""Reading one segment: its good entries in order, and what is damaged. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.storage.wal.format import HEADER_BYTES, LoggedEntry, decode_entry, decode_head, next_entry


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes [start, end) of a segment that are no undamaged entry."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SegmentScan:
    """What a segment holds up to a limit.

    Attributes:
        entries: its good entries, in order.
        damage: what lies damaged before or between good entries.
        good_end: where the last good entry ends.
        tail: what lies damaged after it: a torn append, when this is where the log ends. None when nothing does.
    """

    entries: tuple[LoggedEntry, ...]
    damage: tuple[Damage, ...]
    good_end: int
    tail: Damage | None


def scan_segment(data: bytes, limit: int, salt: int, path: str) -> SegmentScan:
    """Reads the entries of a segment.

    Args:
        data: the segment, its header first.
        limit: bytes from here on do not count.
        salt: the salt in its header.
        path: the file, for errors.

    Raises:
        CorruptionError: an entry was written by a newer version of Logstore.
    """
    limit = min(limit, len(data))
    entries: list[LoggedEntry] = []
    damage: list[Damage] = []
    good_end = position = HEADER_BYTES
    while position < limit:
        head = decode_head(data, position, limit, salt)
        logged = decode_entry(data, head, path) if head is not None and head.end <= limit else None
        if logged is not None and head is not None:
            entries.append(logged)
            position = good_end = head.end
            continue
        # With a good head the next entry's place is known, unless the payload runs past the limit.
        resume = head.end if head is not None and head.end <= limit else next_entry(data, position + 1, limit, salt)
        damage.append(Damage(position, resume))
        position = resume
    tail = None
    while damage and damage[-1].start >= good_end:
        tail = Damage(damage.pop().start, limit)
    return SegmentScan(tuple(entries), tuple(damage), good_end, tail)
