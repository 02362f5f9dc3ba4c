"""Reading the log back after a start: every entry that was or may have been acknowledged, in order.

What is read here is believed, shown and acknowledged again to senders, so each segment is synced first: its bytes may
have been written by a process that died before it synced them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from logstore.storage.directory import Directory
from logstore.storage.layout import WAL, segment_name, segment_seq
from logstore.storage.wal.chain import Chain, Link, follow_chain
from logstore.storage.wal.format import HEADER_BYTES, LoggedEntry, Position, SegmentHeader, decode_header
from logstore.storage.wal.reader import Damage, SegmentScan, scan_segment


@dataclass(frozen=True, slots=True)
class DamagedBytes:
    """A damaged stretch of a segment, with its bytes."""

    segment: int
    damage: Damage
    content: bytes


@dataclass(frozen=True, slots=True)
class Replay:
    """The log from a position on.

    Attributes:
        entries: good entries with `seq` at or after the position, ascending.
        damaged: damaged stretches that may have held acknowledged entries.
        missing: segments that should be there and are not, by first sequence number.
        torn_bytes: bytes of an unfinished append at the end of the log.
        last_good: where the log ends; the next segment's header must name it. None when there is no log.
        next_seq: no entry, good or not, has this sequence number or a larger one.
        segments: all segments on disk, whether they count or not, ascending.
        bytes: their size.
    """

    entries: tuple[LoggedEntry, ...]
    damaged: tuple[DamagedBytes, ...]
    missing: tuple[int, ...]
    torn_bytes: int
    last_good: Position | None
    next_seq: int
    segments: tuple[int, ...]
    bytes: int


def replay(directory: Directory, from_seq: int) -> Replay:
    """Reads all entries with `seq >= from_seq`.

    Raises:
        StorageError: a segment cannot be read (`MissingFileError`: it went away meanwhile).
        CorruptionError: the log was written by a newer version of Logstore.
    """
    segments = _segments(directory)
    # All entries of a segment lie before the first one of the next segment.
    passed = {first for first, following in itertools.pairwise(segments) if following <= from_seq}
    wanted = [first for first in segments if first not in passed]
    contents = {first: _read_durable(directory, first) for first in wanted}
    headers = {first: decode_header(data, segment_name(first)) for first, data in contents.items()}
    chain = follow_chain(headers)
    scans = {link.segment: _scan(link, contents[link.segment], headers[link.segment]) for link in chain.links}
    last = chain.links[-1].segment if chain.links else None
    tail = scans[last].tail if last is not None else None
    entries = tuple(itertools.chain.from_iterable(scans[link.segment].entries for link in chain.links))
    return Replay(
        entries=tuple(one for one in entries if one.entry.seq >= from_seq),
        damaged=_damaged(chain, scans, contents),
        missing=tuple(one for one in chain.missing if _may_matter(one, segments, from_seq)),
        torn_bytes=0 if tail is None else tail.end - tail.start,
        last_good=None if last is None else Position(last, scans[last].good_end),
        next_seq=max((from_seq, *(one.entry.end for one in entries), *(first + 1 for first in segments))),
        segments=segments,
        bytes=sum(directory.size(segment_name(first)) for first in segments),
    )


def _segments(directory: Directory) -> tuple[int, ...]:
    found = (segment_seq(name) for name in directory.files(WAL))
    return tuple(sorted(first for first in found if first is not None))


def _read_durable(directory: Directory, first_seq: int) -> bytes:
    """The segment's bytes, synced after they were read, so that none of them can still be lost."""
    data = directory.read(segment_name(first_seq))
    directory.sync(segment_name(first_seq))
    return data


def _scan(link: Link, data: bytes, header: SegmentHeader | None) -> SegmentScan:
    assert header is not None, "a link of the chain has a header"  # noqa: S101 - by construction of the chain
    limit = len(data) if link.limit is None else link.limit
    return scan_segment(data, limit, header.salt, segment_name(link.segment))


def _damaged(chain: Chain, scans: dict[int, SegmentScan], contents: dict[int, bytes]) -> tuple[DamagedBytes, ...]:
    """Damage that may have held acknowledged entries: all but the torn end of the log."""
    found = []
    for link in chain.links:
        scan = scans[link.segment]
        # Only the newest segment may end in a torn append; any other's end was written down as good.
        is_last = link is chain.links[-1]
        stretches = scan.damage if is_last or scan.tail is None else (*scan.damage, scan.tail)
        if link.limit is not None and link.limit > len(contents[link.segment]):
            stretches = (*stretches, Damage(len(contents[link.segment]), link.limit))
        found += [_cut(link.segment, one, contents) for one in stretches]
    # A header is durable before the first entry follows it, so a torn one has nothing behind it.
    whole = [one for one in chain.unreadable if len(contents[one]) > HEADER_BYTES]
    found += [_cut(one, Damage(0, len(contents[one])), contents) for one in whole]
    return tuple(sorted(found, key=lambda one: (one.segment, one.damage.start)))


def _cut(segment: int, damage: Damage, contents: dict[int, bytes]) -> DamagedBytes:
    return DamagedBytes(segment, damage, contents[segment][damage.start : damage.end])


def _may_matter(missing: int, segments: tuple[int, ...], from_seq: int) -> bool:
    """Whether a missing segment reached past `from_seq`: it ended where the next one began."""
    following = [first for first in segments if first > missing]
    return not following or following[0] > from_seq
