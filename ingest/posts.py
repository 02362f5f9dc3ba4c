"""Bodies that come as one piece, over HTTP: read within bounds, stored like chunks, answered with what became of them.

Bytes of bodies are bounded thrice: each by its own limit, all that are being read by `ingest.unfinished`, and what is
read by the store's budget: nothing is read, and nothing handed over, while the store has no room. Who has to wait for
room too long is told to come again, and nothing of the body is kept.

A body with an id goes through `ingest.dedup` like any chunk with one, and its copies share its fate, also when they
come while it is being stored. Its ids are a class of their own: made once for a body, whatever they look like, and
never those of a forward sender.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from ingest.counters import IntakeCounters
from ingest.dedup import Dedup
from ingest.inflated import most_inflated
from ingest.intake import Flight, Intake
from ingest.sink import Sink
from ingest.unfinished import Unfinished
from logstore.clock import Clock
from logstore.errors import CallerError, OverloadedError
from logstore.model.chunk import Chunk, Compression, Mode
from logstore.model.outcome import ChunkOutcome

LISTENER: Final = "http"
"""What chunks say of where they came in."""

# Numbers of connections count up from the time of the start in nanoseconds, those of forward senders too. This keeps
# the two apart until the year 2116.
_NUMBERS_FROM: Final = 2**62

_ID_PREFIX: Final = b"http:"

# Outcomes of bodies with an id that are kept for their copies, with the first few rejections: some 4 MiB at most.
_MOST_OUTCOMES: Final = 4_096
_MOST_REJECTIONS_KEPT: Final = 10


class BodyTooLargeError(CallerError):
    """A body is longer than the limit."""


class SlowBodyError(CallerError):
    """A body did not come within its time."""


@dataclass(frozen=True, slots=True)
class PostSettings:
    """Bounds on bodies.

    Attributes:
        max_body_bytes: of one body, as received.
        max_unfinished_bytes: of all bodies that are being read; above it only the one that began first is read on, and
            those that are small. Larger: more large bodies are read at once.
        max_requests: bodies in hand at once; each may hold a little whatever the bytes are, and further ones are told
            to come again.
        body_timeout_s: how long a body may take from its first byte to its last.
        room_timeout_s: how long a body waits for room in the store.
        max_inflated_bytes: what a compressed body may become when it is decoded.
        decode_settings: id of the decode settings in force, kept with every chunk.
    """

    max_body_bytes: int = 64 * 2**20
    max_unfinished_bytes: int = 128 * 2**20
    max_requests: int = 256
    body_timeout_s: float = 60.0
    room_timeout_s: float = 5.0
    max_inflated_bytes: int = 256 * 2**20
    decode_settings: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """What is known of a body before it is read.

    Attributes:
        mode: JSON or RECORDS.
        compression: of the body.
        tag: of events that name none.
        key: the id that its sender made for it; None without one.
        peer: the sender's address.
        declared_bytes: its length, where the sender told.
    """

    mode: Mode
    compression: Compression
    tag: str
    key: bytes | None = None
    peer: str = ""
    declared_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a body: its outcome (None when it is a copy of one that is too long ago), and if it is a copy."""

    outcome: ChunkOutcome | None
    is_copy: bool = False


class Posts:
    """Takes bodies. Used from one event loop."""

    def __init__(self, settings: PostSettings, sink: Sink, clock: Clock, counters: IntakeCounters) -> None:
        self._settings = settings
        self._sink = sink
        self._clock = clock
        first = _NUMBERS_FROM + clock.now_ns()
        dedup = Dedup[Flight](sink, first, clock.monotonic_ns(), are_ids_random=True)
        self._intake = Intake(sink, dedup, clock, counters)
        self._numbers = itertools.count(first)
        self._unfinished = Unfinished(settings.max_unfinished_bytes)
        self._open = 0
        self._turn = asyncio.Lock()
        self._outcomes: OrderedDict[bytes, ChunkOutcome] = OrderedDict()

    async def take(self, post: Post, pieces: AsyncIterator[bytes]) -> Stored:
        """Reads a body and stores it; returns when it is durable and decoded.

        To cancel this gives up the answer; once it is read, the body is stored all the same.

        Raises:
            BodyTooLargeError: it is longer than the limit; told before it is read where its length is known.
            SlowBodyError: it did not come in time.
            OverloadedError: the store has no room, or too many are in hand; nothing was stored.
            StorageError: it could not be stored.
        """
        if (post.declared_bytes or 0) > self._settings.max_body_bytes:
            raise self._too_large()
        if self._open >= self._settings.max_requests:
            raise OverloadedError("too many bodies are being received", "send it again in a moment")
        number = next(self._numbers)
        self._open += 1
        try:
            await self._wait_for_room()
            payload = await self._read(number, pieces)
            if not payload:
                return Stored(ChunkOutcome(0, 0))
            return await self._store(self._chunk(post, payload, number))
        finally:
            self._unfinished.leave(number)
            self._open -= 1

    async def _read(self, number: int, pieces: AsyncIterator[bytes]) -> bytes:
        found: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.body_timeout_s):
                async for piece in pieces:
                    found.append(piece)
                    size += len(piece)
                    if size > self._settings.max_body_bytes:
                        raise self._too_large()
                    self._unfinished.hold(number, size)
                    await self._wait_to_grow(number)
        except TimeoutError as error:
            raise SlowBodyError(
                f"the body did not come within {self._settings.body_timeout_s:g} s",
                "the setting http.body_timeout_s limits it; send smaller bodies",
            ) from error
        return found[0] if len(found) == 1 else b"".join(found)

    async def _wait_to_grow(self, number: int) -> None:
        while not self._unfinished.may_grow(number):
            may = asyncio.Event()
            self._unfinished.wait(number, may.set)
            await may.wait()

    async def _wait_for_room(self) -> None:
        """Returns when the store has room, for one after the other in the order in which they came.

        Raises:
            OverloadedError: it took too long.
        """
        if self._sink.has_room() and not self._turn.locked():
            return
        try:
            async with asyncio.timeout(self._settings.room_timeout_s), self._turn:
                await self._sink.room()
        except TimeoutError as error:
            raise OverloadedError("the store has no room now", "send it again in a moment") from error

    async def _store(self, chunk: Chunk) -> Stored:
        await self._wait_for_room()
        admitted = self._intake.admit(chunk)
        self._unfinished.leave(chunk.connection)
        # Others may wait for it too, and it is stored whether or not anybody does.
        outcome = await asyncio.shield(admitted.flight)
        if admitted.key is not None:
            outcome = self._remember(admitted.key, outcome)
        return Stored(outcome, admitted.is_copy)

    def _remember(self, key: bytes, outcome: ChunkOutcome | None) -> ChunkOutcome | None:
        """Keeps an outcome for copies; the one that is kept, where there is none."""
        if outcome is None:
            return self._outcomes.get(key)
        self._outcomes[key] = replace(outcome, rejections=outcome.rejections[:_MOST_REJECTIONS_KEPT])
        if len(self._outcomes) > _MOST_OUTCOMES:
            self._outcomes.popitem(last=False)
        return outcome

    def _chunk(self, post: Post, payload: bytes, number: int) -> Chunk:
        # A value has a byte at least, and what is cut off at the end is one more.
        bound = most_inflated(payload, post.compression, self._settings.max_inflated_bytes) + 1
        return Chunk(
            mode=post.mode,
            payload=payload,
            rows_bound=bound,
            received_ns=self._clock.now_ns(),
            compression=post.compression,
            wire_tag=post.tag.encode(),
            tag=post.tag,
            listener=LISTENER,
            peer=post.peer,
            connection=number,
            chunk_id=None if post.key is None else _ID_PREFIX + post.key,
            settings=self._settings.decode_settings,
        )

    def _too_large(self) -> BodyTooLargeError:
        return BodyTooLargeError(
            f"the body is longer than {self._settings.max_body_bytes} bytes",
            "send it in several requests, or raise the setting http.max_ingest_bytes",
        )
