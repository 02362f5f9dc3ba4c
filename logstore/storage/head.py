"""The head: what is durable in the log and not yet in parts, and the one snapshot that everybody reads.

An entry joins when it is durable. A thread decodes runs of waiting entries, many small ones at once, and adds their
events to the open generation. A seal freezes that generation, and swaps its batches for parts when they are committed.
Each of these steps replaces the snapshot, under one lock, by another immutable one.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.snapshot import Part, Snapshot
from logstore.storage.budget import Budget
from logstore.storage.chunk_cost import chunk_bytes
from logstore.storage.decoder import Decoder
from logstore.storage.decoding import UNDECODABLE, DecodedRun, decode_run, split_runs
from logstore.storage.early import EarlyWatch
from logstore.storage.generation import Generation
from logstore.storage.ledger.accounts import account
from logstore.storage.ledger.page import Page, write_page
from logstore.storage.ledger.record import LedgerRecord
from logstore.storage.outcomes import Outcomes
from logstore.storage.quarantine.held import HeldLimits, Quarantined
from logstore.storage.wal.format import LoggedEntry


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """What the head takes at once, keeps, and tells of.

    Attributes:
        max_run_bytes: most payload bytes that are decoded in one call.
        held: what quarantine may hold in memory.
        max_ahead_s: events whose time is so much ahead of their receipt are told of.
    """

    max_run_bytes: int
    held: HeldLimits
    max_ahead_s: float = 600.0


@dataclass(frozen=True, slots=True)
class HeadCounters:
    """What the head holds now, and what decoding has met since the store was opened."""

    rows: int
    bytes: int
    batches: int
    undecoded_entries: int
    decoded_events: int
    rejected: dict[str, int]
    changed: dict[str, int]
    early_events: int
    ledger_rows: int
    held_chunks: int
    held_bytes: int
    held_too_large: int
    held_crowded_out: int


Files = TypeVar("Files")


@dataclass(frozen=True, slots=True)
class Unsealed(Generic[Files]):
    """What is not sealed yet, and the files of what is, at one instant.

    Attributes:
        records: rows of the ledger.
        held: chunks in quarantine.
        files: what `look` was asked to read.
        parts: the parts.
    """

    records: tuple[LedgerRecord, ...]
    held: tuple[Quarantined, ...]
    files: Files
    parts: tuple[Part, ...]


class Head:
    """Recent events. Safe from several threads.

    Args:
        decoder: makes events of entries.
        budget: counts the bytes held. Whoever hands entries over has counted `chunk_bytes` of each.
        clock: dates generations.
        limits: what it takes at once, and keeps.
        start: what is sealed already: the parts, and `seq` before which everything is in them or was rejected.

    Attributes:
        outcomes: whoever waits to hear what became of a chunk.
    """

    def __init__(
        self,
        decoder: Decoder,
        budget: Budget,
        clock: Clock,
        limits: HeadLimits,
        start: Snapshot,
    ) -> None:
        self._decoder = decoder
        self._budget = budget
        self._clock = clock
        self._limits = limits
        self._changed = threading.Condition()
        self._waiting: deque[LoggedEntry] = deque()
        self._durable_end = start.seq + 1
        self._open = Generation(start.seq + 1, start.seq + 1)
        self._sealing: Generation | None = None
        self._is_seal_failing = False
        self._snapshot = start
        self._closing = False
        self._failure: BaseException | None = None
        self._events = 0
        self._too_large = self._crowded_out = 0
        self._rejected: Counter[str] = Counter()
        self._changes: Counter[str] = Counter()
        self._early = EarlyWatch(limits.max_ahead_s, clock)
        self.outcomes = Outcomes()
        self._on_parts: Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None

    def start(self, on_change: Callable[[], None], on_parts: Callable[[], None] = lambda: None) -> None:
        """Begins to decode.

        Args:
            on_change: called after each change of the open generation, from another thread.
            on_parts: called after each change of parts or deletions, from any thread; must be quick.
        """
        self._on_parts = on_parts
        self._thread = threading.Thread(target=self._run, args=(on_change,), name="logstore-decode", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Decodes what waits, and ends."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
        self.outcomes.fail(StorageError("the store is closed; the chunk is stored, and decoded at the next start"))

    def join(self, entries: Sequence[LoggedEntry]) -> None:
        """Takes durable entries, ascending, after all earlier ones; never blocks for long."""
        with self._changed:
            self._waiting.extend(entries)
            self._durable_end = entries[-1].entry.end
            self._changed.notify_all()

    @property
    def open(self) -> Generation:
        """The generation that takes new events."""
        return self._open

    @property
    def sealing(self) -> Generation | None:
        """The generation that is frozen for its seal, if any."""
        return self._sealing

    @property
    def latest(self) -> Snapshot:
        """The snapshot as it is, without waiting for what is durable but not decoded."""
        return self._snapshot

    def sealed(self) -> Snapshot:
        """What is in parts: every event with `_seq` up to the snapshot's is in one of them. Waits for nothing."""
        with self._changed:
            first = self._open if self._sealing is None else self._sealing
            return replace(self._snapshot, seq=first.first_seq - 1, head=())

    def snapshot(self) -> Snapshot:
        """Everything that was durable when the call began, and perhaps more; waits for its decoding.

        Raises:
            StorageError: the store is closed, or decoding failed.
        """
        with self._changed:
            durable_end = self._durable_end
            self._changed.wait_for(lambda: self._snapshot.seq + 1 >= durable_end or self._has_ended())
            self._check()
            return self._snapshot

    def wait_for_change(self, after_seq: int, timeout_s: float | None) -> int:
        """Waits until events after `after_seq` may be visible, or the time is over; the newest visible `seq`.

        Raises:
            StorageError: the store is closed, or decoding failed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._snapshot.seq > after_seq or self._has_ended(), timeout_s)
            self._check()
            return self._snapshot.seq

    def freeze(self, *, even_empty: bool = False) -> Generation | None:
        """Ends the open generation for its seal; the one whose seal is not done yet when there is one.

        None when there is nothing to seal; `even_empty` makes a generation of no entries too. Called from one thread at
        a time.
        """
        with self._changed:
            if self._sealing is None and (self._open.entries or even_empty):
                self._sealing = self._open
                self._open = Generation(self._sealing.end_seq, self._sealing.end_seq)
            return self._sealing

    def swap(self, parts: Sequence[Part], shelve: Callable[[], None] = lambda: None) -> None:
        """Puts the parts that the sealing generation became in the place of its batches, in one step.

        `shelve` lists the other files that it became, in the same step.
        """
        with self._changed:
            sealed, self._sealing = self._sealing, None
            self._is_seal_failing = False
            self._replace_snapshot((*self._snapshot.parts, *parts))
            shelve()
            self._changed.notify_all()
        self._on_parts()
        if sealed is not None:
            self._budget.add(-sealed.nbytes)

    def change_parts(self, change: Callable[[Snapshot], Snapshot]) -> Snapshot:
        """Replaces parts and deletions in the snapshot, in one step, by what `change` makes of it; the new snapshot.

        `change` is called under the lock: it must be quick, and leave `seq` and `head` as they are.
        """
        with self._changed:
            changed = self._snapshot = change(self._snapshot)
            self._changed.notify_all()
        self._on_parts()
        return changed

    def look(self, read_files: Callable[[], Files]) -> Unsealed[Files]:
        """What is not sealed yet, with the files of what is, as of one instant; `read_files` must not block."""
        with self._changed:
            generations = [one for one in (self._sealing, self._open) if one is not None]
            return Unsealed(
                tuple(record for one in generations for record in one.book.records()),
                tuple(chunk for one in generations for chunk in one.held.chunks),
                read_files(),
                self._snapshot.parts,
            )

    def seal_failed(self) -> None:
        """The seal failed and is tried again later; decoding does not wait for it, so that queries need not either."""
        with self._changed:
            self._is_seal_failing = self._sealing is not None
            self._changed.notify_all()

    @property
    def counters(self) -> HeadCounters:
        """What the head holds and has done."""
        with self._changed:
            head = self._snapshot.head
            generations = [one for one in (self._sealing, self._open) if one is not None]
            return HeadCounters(
                rows=sum(batch.rows for batch in head),
                bytes=sum(batch.nbytes for batch in head),
                batches=len(head),
                undecoded_entries=len(self._waiting),
                decoded_events=self._events,
                rejected=dict(self._rejected),
                changed=dict(self._changes),
                early_events=self._early.events,
                ledger_rows=sum(len(one.book) for one in generations),
                held_chunks=sum(len(one.held.chunks) for one in generations),
                held_bytes=sum(one.held.nbytes for one in generations),
                held_too_large=self._too_large,
                held_crowded_out=self._crowded_out,
            )

    def _run(self, on_change: Callable[[], None]) -> None:
        try:
            while run := self._next_run():
                decoded = decode_run(self._decoder, run)
                self._absorb(run[: decoded.count], decoded)
                on_change()
        except BaseException as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()
            self.outcomes.fail(StorageError("decoding has failed; the chunk is stored, restart the server"))
            raise

    def _next_run(self) -> list[LoggedEntry]:
        """The next entries to decode, which stay waiting until they are absorbed; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: (self._waiting and not self._is_full()) or self._closing)
            return next(split_runs(self._waiting, self._limits.max_run_bytes), [])

    def _is_full(self) -> bool:
        """Whether a seal under way must end before more is decoded: what waits takes less memory than its events."""
        if self._sealing is None or self._is_seal_failing:
            return False
        return self._sealing.nbytes + self._open.nbytes >= self._budget.limit_bytes

    def _absorb(self, run: Sequence[LoggedEntry], decoded: DecodedRun) -> None:
        """Makes a decoded run visible, then tells those who wait for what became of its chunks."""
        accounts = account(run, decoded)
        self._early.look(run, accounts, decoded.decoded.batch)
        page = write_page(run, accounts, decoded.decoded.batch.table)
        while True:
            before = self._open
            after = before.extend(decoded, run, accounts, self._limits.held, self._clock.monotonic_ns())
            with self._changed:
                # A seal may have frozen the generation while its batches were being joined here.
                if self._open is before:
                    self._open = after
                    self._take_note(before, after, page)
                    self._show(run, decoded)
                    break
        released = sum(chunk_bytes(logged.entry.chunk) for logged in run)
        self._budget.add(after.nbytes - before.nbytes - released)
        self.outcomes.complete(run, accounts)

    def _take_note(self, before: Generation, after: Generation, page: Page) -> None:
        after.book.add(page)
        self._too_large += after.held.too_large - before.held.too_large
        self._crowded_out += after.held.crowded_out - before.held.crowded_out

    def _show(self, run: Sequence[LoggedEntry], decoded: DecodedRun) -> None:
        for _ in run:
            self._waiting.popleft()
        self._replace_snapshot(self._snapshot.parts)
        self._events += decoded.decoded.batch.rows
        self._rejected.update(rejection.reason for rejection in decoded.decoded.rejections)
        self._rejected.update(dict.fromkeys([UNDECODABLE], len(decoded.undecodable)) if decoded.undecodable else {})
        self._changes.update(decoded.decoded.changes)
        self._changed.notify_all()

    def _replace_snapshot(self, parts: tuple[Part, ...]) -> None:
        generations = [one for one in (self._sealing, self._open) if one is not None]
        batches = itertools.chain.from_iterable(one.batches for one in generations)
        self._snapshot = replace(self._snapshot, seq=self._open.end_seq - 1, parts=parts, head=tuple(batches))

    def _has_ended(self) -> bool:
        return self._closing or self._failure is not None

    def _check(self) -> None:
        if self._failure is not None:
            raise StorageError("decoding has failed, restart the server") from self._failure
        if self._closing:
            raise StorageError("the store is closed")
