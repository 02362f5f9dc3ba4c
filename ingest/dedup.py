"""Is this chunk a copy of one that we have? Pure: what happened comes in as calls, a verdict comes out.

A sender that misses an ack sends the same chunk again, under the same id. Storing it twice would make up events;
dropping a chunk that merely looks the same would lose some. Which of the two threatens depends on how the sender makes
its ids, and that shows in their shape:

* 25 bytes ending in a newline (Fluentd): random, made once per chunk. Same key, same chunk, for as long as we remember.
* Any other: may be derived from the content (Fluent Bit: a hash of the entries), so that two chunks with equal bytes
  share an id. Such a copy is a resend only if the sender may have missed our ack of the first. It has *read* that ack
  once it starts another message on the connection that carried it; so a copy is dropped while that is not proven, and
  stored, with `Chunk.repeat`, afterwards. A message begun before the ack was written proves nothing.

Where senders say themselves that an id is made once (the `Idempotency-Key` of HTTP), all ids are of the first kind.

The key covers the payload's length and CRC-32C, so an id used again for other bytes never meets its namesake.

After a restart. Of a chunk stored by an earlier process we know only its connection and its ordinal there, not whether
its ack was written, let alone read. For ids that may be content-derived either choice can be wrong:

* It is the resend of a chunk that was stored while we were killed before the ack got out. It comes soon: senders of
  this kind wait for their ack and then retry, after at most half an hour (Fluent Bit's `scheduler.cap` is 2,000 s). It
  was the last on its connection, since they send nothing more there before the ack.
* It is a new chunk with the same bytes as one from before the restart. That can come at any time, but is rare: it
  takes records without any sub-second time, or test data.

So a copy of an earlier life's chunk is dropped only within `resend_window_ns` of our start, and only if neither this
chunk nor a later one of the same connection was met again before: what came later proves that this one had been
acknowledged. Everything else is stored: in doubt an event stands twice rather than not at all.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ingest.sink import Origin, Sink
from logstore.model.chunk import Chunk, chunk_key

RESEND_WINDOW_NS: Final = 2_100 * 1_000_000_000
"""Longer than the longest pause between two tries of Fluent Bit. Larger: more time in which a new chunk with old bytes
may be taken for a resend. Smaller: resends after a long outage of ours are stored twice."""

MAX_UNPROVEN: Final = 100_000
"""Keys remembered whose ack may not have been read; about 200 bytes each. When full the oldest is taken as read."""

_RANDOM_ID_BYTES: Final = 25
_NEWLINE: Final = 0x0A

Flight = TypeVar("Flight")


def key_of(chunk: Chunk) -> bytes | None:
    """The key under which the chunk is remembered; None without a chunk id."""
    if chunk.chunk_id is None:
        return None
    return chunk_key(chunk.tenant, chunk.wire_tag, chunk.chunk_id, len(chunk.payload), chunk.payload_crc)


def is_random(chunk_id: bytes) -> bool:
    """Whether ids of this shape are made at random, so that the same id always means the same chunk."""
    return len(chunk_id) == _RANDOM_ID_BYTES and chunk_id[-1] == _NEWLINE


@dataclass(frozen=True, slots=True)
class Store:
    """It is new: store it; with `repeat`, although its key is known."""

    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Join(Generic[Flight]):
    """A copy of a chunk that is being stored: what becomes of the first decides over both."""

    first: Flight


@dataclass(frozen=True, slots=True)
class Drop:
    """A copy of a chunk that is stored: acknowledge it again."""


_NEW: Final = Store()
_REPEAT: Final = Store(repeat=True)
_DROP: Final = Drop()


class Dedup(Generic[Flight]):
    """Remembers what is needed to tell resends from new chunks.

    `Flight` is whatever the caller waits on while a chunk is being stored; it is only handed back.

    Args:
        sink: asked for chunks stored before, also by earlier processes.
        first_connection: the smallest connection number of this process.
        started_ns: monotonic time of our start.
        are_ids_random: whether all ids are made at random, whatever their shape.
    """

    def __init__(
        self,
        sink: Sink,
        first_connection: int,
        started_ns: int,
        resend_window_ns: int = RESEND_WINDOW_NS,
        max_unproven: int = MAX_UNPROVEN,
        *,
        are_ids_random: bool = False,
    ) -> None:
        self._sink = sink
        self._are_ids_random = are_ids_random
        self._first_connection = first_connection
        self._window_end_ns = started_ns + resend_window_ns
        self._max_unproven = max_unproven
        self._in_flight: dict[bytes, Flight] = {}
        # Stored, and the ack not written yet or not proven to be read. Content-derived ids only.
        self._unproven: OrderedDict[bytes, None] = OrderedDict()
        # By connection: of these keys, those whose ack was written there since its last message began.
        self._acked: dict[int, dict[bytes, None]] = {}
        self._acked_total = 0
        self._most_acked = 2 * max_unproven
        # By connection of an earlier life: the largest ordinal of its chunks that was met again.
        self._old_tails: dict[int, int] = {}

    def judge(self, key: bytes, chunk_id: bytes, now_ns: int) -> Store | Join[Flight] | Drop:
        """What to do with a chunk that has an id. `now_ns` is monotonic."""
        if (first := self._in_flight.get(key)) is not None:
            return Join(first)
        if key in self._unproven:
            return _DROP
        origin = self._sink.origin(key)
        if origin is None:
            return _NEW
        if self._are_ids_random or is_random(chunk_id):
            return _DROP
        if origin.connection < self._first_connection and self._is_old_resend(origin, now_ns):
            self._remember(key)
            return _DROP
        return _REPEAT

    def started(self, key: bytes, first: Flight) -> None:
        """A chunk is being stored."""
        self._in_flight[key] = first

    def failed(self, key: bytes) -> None:
        """It was not stored."""
        self._in_flight.pop(key, None)

    def stored(self, key: bytes, chunk_id: bytes) -> None:
        """It is stored; its ack is yet to be written."""
        self._in_flight.pop(key, None)
        if not (self._are_ids_random or is_random(chunk_id)):
            self._remember(key)

    def ack_written(self, connection: int, key: bytes) -> None:
        """An ack of the chunk with this key, of the first or of a copy, was written to a connection."""
        if key not in self._unproven:
            return
        acked = self._acked.setdefault(connection, {})
        self._acked_total += key not in acked
        acked[key] = None
        if self._acked_total > self._most_acked:
            self._forget_proven()

    def message_begun(self, connection: int) -> None:
        """A sender began a new message, so it has read the acks written to this connection before."""
        for key in self._take_acked(connection):
            self._unproven.pop(key, None)

    def connection_lost(self, connection: int) -> None:
        """Nothing will come on this connection any more: its last acks remain unproven."""
        self._take_acked(connection)

    def _take_acked(self, connection: int) -> dict[bytes, None]:
        acked = self._acked.pop(connection, {})
        self._acked_total -= len(acked)
        return acked

    def _forget_proven(self) -> None:
        """Drops what is of no use any more: a sender that is always amid a message would let it grow for ever."""
        left = {
            connection: {key: None for key in acked if key in self._unproven}
            for connection, acked in self._acked.items()
        }
        self._acked = {connection: acked for connection, acked in left.items() if acked}
        self._acked_total = sum(map(len, self._acked.values()))
        self._most_acked = 2 * max(self._max_unproven, self._acked_total)

    def _remember(self, key: bytes) -> None:
        self._unproven[key] = None
        self._unproven.move_to_end(key)
        if len(self._unproven) > self._max_unproven:
            self._unproven.popitem(last=False)

    def _is_old_resend(self, origin: Origin, now_ns: int) -> bool:
        """Whether a first copy of an earlier life's chunk is the resend of one whose ack we did not get out."""
        if now_ns >= self._window_end_ns:
            return False
        tail = self._old_tails.get(origin.connection, -1)
        self._old_tails[origin.connection] = max(tail, origin.ordinal)
        return origin.ordinal > tail
