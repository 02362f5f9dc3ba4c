"""`logstore send`."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from logstore.app.sender.access import Access, credentials, tls_context
from logstore.app.sender.chunks import Batcher, OutgoingChunk
from logstore.app.sender.connection import Delivery
from logstore.app.sender.dial import Dial, parse_place
from logstore.app.sender.lines import LineSplitter, entry_of
from logstore.errors import WorldError

_READ_BYTES = 256 * 1024
# A line of a slow stream waits at most this long for company in its chunk.
_IDLE_FLUSH_S = 0.5


@dataclass(frozen=True, slots=True)
class Sending:
    """What to send where."""

    files: tuple[Path, ...]
    tag: str
    server: str
    key: str
    access: Access


class Progress(Protocol):
    """Somebody who watches."""

    def read(self, count: int) -> None:
        """So many bytes more were read."""


class Silent:
    """Nobody watches."""

    def read(self, count: int) -> None:
        """Says nothing."""


class Tally:
    """Counts what was acknowledged."""

    def __init__(self) -> None:
        self.events = 0

    def add(self, chunk: OutgoingChunk) -> None:
        """A chunk was acknowledged."""
        self.events += chunk.events


def run(sending: Sending) -> None:
    """Sends everything, and tells on stderr how much was stored, also when it is interrupted.

    Raises:
        WorldError: a file cannot be read, the server does not take what we send, or is gone for too long.
        SettingsError: options contradict each other, or a file that one names cannot be used.
    """
    tally = Tally()
    dial = Dial(parse_place(sending.server), tls_context(sending.access), credentials(sending.access))
    delivery = Delivery(dial, tally.add)
    delivery.connect()
    began = time.monotonic()
    try:
        with _progress(sending.files) as progress:
            _deliver(sending, delivery, progress)
            delivery.finish()
    finally:
        in_flight = delivery.in_flight
        delivery.close()
        print(summary(tally.events, in_flight, time.monotonic() - began), file=sys.stderr)  # noqa: T201 (it talks)


def summary(events: int, in_flight: int, seconds: float) -> str:
    """What became of the events.

    Args:
        events: how many are stored.
        in_flight: chunks that nobody has acknowledged, nor refused.
        seconds: how long it took.
    """
    stored = f"{events:,} event{'' if events == 1 else 's'} stored"
    if events:
        stored += f" in {seconds:.2g} s" if seconds < 1 else f" in {seconds:,.1f} s"
        stored += f", {events / max(seconds, 1e-9):,.0f} a second"
    if in_flight:
        chunks = "1 chunk was" if in_flight == 1 else f"{in_flight} chunks were"
        stored += f"; {chunks} on the way and may be stored too"
    return stored


def _deliver(sending: Sending, delivery: Delivery, progress: Progress) -> None:
    batcher = Batcher(sending.tag, os.urandom)
    for lines in _all_lines(sending.files, progress):
        for line in lines:
            _send(delivery, batcher.add(entry_of(line, sending.key, time.time_ns())))
        if not lines:
            # Nothing comes just now: what was gathered should be stored before more is waited for.
            _send(delivery, batcher.flush())
            delivery.finish()
    _send(delivery, batcher.flush())


def _send(delivery: Delivery, chunk: OutgoingChunk | None) -> None:
    if chunk is not None:
        delivery.send(chunk)


def _all_lines(files: tuple[Path, ...], progress: Progress) -> Iterator[list[bytes]]:
    """Lines in groups as they are read; an empty group when nothing came for a while."""
    for path in files or (Path("-"),):
        if str(path) == "-":
            yield from _lines(sys.stdin.buffer, progress)
            continue
        try:
            with path.open("rb") as file:
                yield from _lines(file, progress)
        except OSError as error:
            if error.filename is None:
                raise
            raise WorldError(f"cannot read {path}: {error.strerror}") from error


def _lines(file: BinaryIO, progress: Progress) -> Iterator[list[bytes]]:
    splitter = LineSplitter()
    while True:
        # Files are always ready; pipes and terminals may not be, and then what was gathered should leave.
        if not select.select([file], [], [], _IDLE_FLUSH_S)[0]:
            yield []
            continue
        data = os.read(file.fileno(), _READ_BYTES)
        if not data:
            break
        progress.read(len(data))
        yield from filter(None, [splitter.feed(data)])
    yield from filter(None, [splitter.finish()])


@contextmanager
def _progress(files: tuple[Path, ...]) -> Iterator[Progress]:
    """A progress bar, where there is a terminal and the end is known."""
    sizes = [path.stat().st_size if path.is_file() else None for path in files]
    if not sys.stderr.isatty() or not sizes or None in sizes:
        yield Silent()
        return
    from logstore.app.cli.progress import progress_bar  # noqa: PLC0415 (slow, and seldom needed)

    with progress_bar(sum(size or 0 for size in sizes)) as bar:
        yield bar
