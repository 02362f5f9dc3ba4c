"""Storing what the server logs, in its own store, under a tag of its own.

A handler of `logging` takes lines, within an allowance, and never waits: it is called by whoever logs, in any thread
and with any lock held. A thread makes a chunk of them once a second at most and hands it to the store like any other,
if there is room. While one chunk is not durable there is no next one, and what this thread logs itself is not stored.
So what storing the log logs is at most the allowance, however it comes about.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Protocol

import msgpack

from logstore.app.own_log.allowance import Allowance
from logstore.app.own_log.fields import fields_of, time_ns_of
from logstore.clock import Clock
from logstore.errors import LogstoreError
from logstore.model.chunk import Chunk, Mode

TAG: Final = "logstore.server"
LISTENER: Final = "own log"

_INTERVAL_S: Final = 1.0
"""Between two chunks. Shorter: one can follow more closely; longer: fewer chunks."""
_MOST_HELD: Final = 4 * 1024 * 1024
"""Characters that wait to be stored. They are in no other budget."""
_MOST_CHARACTERS: Final = 16_384
"""Of a field; a traceback is longer only where something repeats."""
_DRAIN_S: Final = 5.0
"""At the end: a store that cannot take the last lines must not hold up the stop for longer."""


class OwnStore(Protocol):
    """What is needed of a store."""

    @property
    def decode_settings(self) -> int:
        """What chunks must bear."""

    def has_room(self) -> bool:
        """Whether more may be submitted now."""

    def submit(self, chunk: Chunk) -> Future[int]:
        """Takes a chunk; the future completes when it is durable."""


@dataclass(frozen=True, slots=True)
class _Line:
    time_ns: int
    fields: dict[str, str]

    @property
    def size(self) -> int:
        """Its characters."""
        return sum(map(len, self.fields.values()))


class KeptLog(logging.Handler):
    """Takes lines, and keeps them until they are stored. Safe from several threads.

    Args:
        clock: the time.
        interval_s: seconds between two chunks.

    Attributes:
        dropped: lines that were not stored, by reason.
    """

    def __init__(self, clock: Clock, interval_s: float = _INTERVAL_S) -> None:
        super().__init__()
        self._clock = clock
        self._interval_s = interval_s
        self._held = 0
        self._allowance = Allowance(clock.monotonic_ns())
        self._lines: list[_Line] = []
        self._changed = threading.Condition()
        self._is_ending = False
        self._storing_thread = 0
        self.dropped = Counter[str]({"too many": 0, "no room": 0, "not stored": 0})

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a line, if it may be stored; never waits for the store."""
        if threading.get_ident() == self._storing_thread:
            return
        try:
            line = _Line(time_ns_of(record), _bounded(fields_of(record)))
        except Exception:  # noqa: BLE001 (as every handler does: whoever logs is not to blame)
            self.handleError(record)
            return
        with self._changed:
            allowed = self._allowance.take((record.name, record.msg), self._clock.monotonic_ns())
            if not allowed or self._held + line.size > _MOST_HELD:
                self.dropped["too many"] += 1
                return
            self._held += line.size
            self._lines.append(line)
            self._changed.notify()

    @contextmanager
    def storing(self, store: OwnStore) -> Iterator[None]:
        """Stores lines while the context is open, and on the way out what is left."""
        thread = threading.Thread(target=self._run, args=(store,), name="logstore-own-log", daemon=True)
        thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._is_ending = True
                self._changed.notify()
            thread.join(_DRAIN_S)

    def _run(self, store: OwnStore) -> None:
        self._storing_thread = threading.get_ident()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines or self._is_ending)
                # What comes together is stored together.
                self._changed.wait_for(lambda: self._is_ending, self._interval_s)
                lines, self._lines, self._held = self._lines, [], 0
                is_ending = self._is_ending
            if lines:
                self._store(store, lines)
            if is_ending:
                return

    def _store(self, store: OwnStore, lines: Sequence[_Line]) -> None:
        if not store.has_room():
            self.dropped["no room"] += len(lines)
            return
        # Why it failed is in the log of the store; saying so here would be one more line to store.
        with suppress(LogstoreError, ValueError):
            store.submit(self._chunk(store, lines)).result()
            return
        self.dropped["not stored"] += len(lines)

    def _chunk(self, store: OwnStore, lines: Sequence[_Line]) -> Chunk:
        pack = msgpack.Packer().pack
        return Chunk(
            mode=Mode.PACKED,
            payload=b"".join(pack([_event_time(line.time_ns), line.fields]) for line in lines),
            rows_bound=len(lines),
            received_ns=self._clock.now_ns(),
            wire_tag=TAG.encode(),
            tag=TAG,
            listener=LISTENER,
            settings=store.decode_settings,
        )


def _event_time(time_ns: int) -> msgpack.Timestamp:
    return msgpack.Timestamp.from_unix_nano(time_ns)


def _bounded(fields: dict[str, str]) -> dict[str, str]:
    return {
        name: text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…" for name, text in fields.items()
    }
