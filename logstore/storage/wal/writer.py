"""Appending to the log: segments, sequence numbers, and what happens after a failure.

After a failed write or sync nobody knows what is on disk. So that segment is never written again, and the next one's
header names the last position that is known to be good; replay ignores what lies between. Sequence numbers given to a
failed group are never given again.
"""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from logstore.errors import StorageError
from logstore.metrics import Distribution, Histogram
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.append_file import Buffer
from logstore.storage.directory import AppendFile, Directory, MissingFileError
from logstore.storage.layout import WAL, segment_name
from logstore.storage.wal.format import (
    HEADER_BYTES,
    SALT_BITS,
    Position,
    Record,
    SegmentHeader,
    encode_head,
    encode_header,
)

_SYNC_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
"""From an SSD with a cache of its own to a disk about which somebody should be told."""

_NO_SYNCS = Histogram(_SYNC_BOUNDS_S).reading()


@dataclass(frozen=True, slots=True)
class LogCounters:
    """What a log has done since it was opened; `bytes` and `segments` are what is on disk now."""

    bytes: int = 0
    segments: int = 0
    appended_bytes: int = 0
    entries: int = 0
    groups: int = 0
    failed_groups: int = 0
    failed_syncs: int = 0
    syncs: int = 0
    sync_ns: int = 0
    sync_durations: Distribution = _NO_SYNCS


@dataclass(slots=True)
class _Segment:
    """The segment that is being written; `good_end` is where its last finished group ends."""

    first_seq: int
    salt: int
    file: AppendFile
    good_end: int = HEADER_BYTES
    unsynced: bool = False


class LogWriter:
    """The newest segment of the log. Safe from several threads.

    Args:
        directory: where the log lives; its directory exists and is durable.
        next_seq: the first sequence number to give.
        last_good: where the log ends now.
        max_segment_bytes: a segment larger than this is closed.
        segments: sizes of the segments on disk, by first sequence number.
        is_cached: whether what is appended should stay in the page cache until a sync. Of use when nobody waits for it.
    """

    def __init__(
        self,
        directory: Directory,
        next_seq: int,
        last_good: Position | None,
        max_segment_bytes: int,
        segments: dict[int, int],
        *,
        is_cached: bool = False,
    ) -> None:
        self._directory = directory
        self._next_seq = next_seq
        self._last_good = last_good
        self._max_segment_bytes = max_segment_bytes
        self._sizes = dict(sorted(segments.items()))
        self._is_cached = is_cached
        self._segment: _Segment | None = None
        self._lock = threading.Lock()
        self._counters = LogCounters()
        self._sync_durations = Histogram(_SYNC_BOUNDS_S)

    @property
    def counters(self) -> LogCounters:
        """What the log has done, and what is on disk."""
        with self._lock:
            return replace(
                self._counters,
                bytes=sum(self._sizes.values()),
                segments=len(self._sizes),
                sync_durations=self._sync_durations.reading(),
            )

    def take_seq(self, rows_bound: int) -> int:
        """Gives the next `rows_bound` sequence numbers away, for good; the first of them."""
        with self._lock:
            seq = self._next_seq
            self._next_seq += rows_bound
            return seq

    def append(self, records: Sequence[Record], *, sync: bool) -> None:
        """Writes entries, ascending by `seq`, as one group.

        Args:
            records: not empty; their sequence numbers come from `take_seq`, after those of every earlier append.
            sync: whether the group must be durable on return.

        Raises:
            StorageError: none of the group will be replayed, unless a crash comes before the next segment is begun;
                this segment was given up.
        """
        with self._lock:
            try:
                self._append(records, sync=sync)
            except Exception:
                self._count(failed_groups=1)
                if self._segment is not None:
                    self._give_up()
                    # The sooner the next header is on disk, the sooner the failed group is void. When it cannot be
                    # written either, the next append tries again.
                    with contextlib.suppress(StorageError):
                        self._begin(self._skip_seq())
                raise

    def sync(self) -> None:
        """Makes all finished groups of the newest segment durable.

        Raises:
            StorageError: they may not be durable; their segment was given up.
        """
        with self._lock:
            if self._segment is None:
                return
            try:
                self._sync(self._segment)
            except StorageError:
                self._count(failed_syncs=1)
                self._give_up()
                raise

    def rotate(self) -> None:
        """Closes the newest segment; the next append begins another."""
        with self._lock:
            self._finish()

    def trim(self, before_seq: int) -> None:
        """Removes the segments that hold nothing but entries with `seq < before_seq`.

        Raises:
            StorageError: a segment could not be removed; the next call tries again.
        """
        with self._lock:
            for first, end in itertools.pairwise([*self._sizes, self._next_seq]):
                is_open = self._segment is not None and self._segment.first_seq == first
                if end > before_seq or is_open:
                    return
                self._remove(first)

    def _append(self, records: Sequence[Record], *, sync: bool) -> None:
        segment = self._segment or self._begin(records[0].logged.entry.seq)
        buffers: list[Buffer] = []
        for record in records:
            buffers += (encode_head(record, segment.salt), record.logged.entry.chunk.payload)
        segment.file.append(buffers)
        segment.unsynced = True
        if sync:
            self._sync(segment)
        written = sum(map(len, buffers))
        segment.good_end += written
        self._sizes[segment.first_seq] = segment.good_end
        self._last_good = Position(segment.first_seq, segment.good_end)
        self._count(groups=1, entries=len(records), appended_bytes=written)
        if segment.good_end > self._max_segment_bytes:
            self._finish()

    def _begin(self, first_seq: int) -> _Segment:
        """Starts a segment; its header and its name are durable on return. When that fails, no file is left.

        A full disk fails for hours, a few times a second. Should a crash bring the file back, no harm is done: its
        header, if whole, names the same end of the log.
        """
        header = SegmentHeader(first_seq, secrets.randbits(SALT_BITS), self._last_good)
        file = self._directory.create(segment_name(first_seq), is_reread=self._is_cached)
        segment = _Segment(first_seq, header.salt, file)
        self._sizes[first_seq] = HEADER_BYTES
        try:
            segment.file.append([encode_header(header)])
            self._sync(segment)
            self._directory.sync_directory(WAL)
        except StorageError:
            _close(segment)
            with contextlib.suppress(StorageError):
                self._remove(first_seq)
            raise
        self._last_good = Position(first_seq, HEADER_BYTES)
        self._segment = segment
        return segment

    def _sync(self, segment: _Segment) -> None:
        start_ns = time.perf_counter_ns()
        segment.file.sync()
        segment.unsynced = False
        took_ns = time.perf_counter_ns() - start_ns
        self._sync_durations.observe(took_ns / NS_PER_SECOND)
        self._count(syncs=1, sync_ns=took_ns)

    def _finish(self) -> None:
        """Closes the newest segment, in good order."""
        segment = self._segment
        if segment is not None and segment.unsynced:
            try:
                self._sync(segment)
            except StorageError:
                # Nobody was promised that these bytes are durable by now; the failure is counted.
                self._count(failed_syncs=1)
        self._give_up()

    def _give_up(self) -> None:
        """Closes the newest segment, whatever state it is in."""
        segment, self._segment = self._segment, None
        if segment is not None:
            _close(segment)

    def _skip_seq(self) -> int:
        """A sequence number to name a segment with, that no entry and no other segment has."""
        seq = self._next_seq
        self._next_seq += 1
        return seq

    def _remove(self, first_seq: int) -> None:
        with contextlib.suppress(MissingFileError):
            self._directory.remove(segment_name(first_seq))
        del self._sizes[first_seq]
        if self._last_good is not None and self._last_good.segment == first_seq:
            self._last_good = None

    def _count(self, **more: int) -> None:
        changed = {name: getattr(self._counters, name) + amount for name, amount in more.items()}
        self._counters = replace(self._counters, **changed)


def _close(segment: _Segment) -> None:
    with contextlib.suppress(StorageError):
        # A close that fails tells nothing that a failed write or sync did not tell before.
        segment.file.close()
