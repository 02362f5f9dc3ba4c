"""Sending at a fixed rate, whether or not what was sent before has been acknowledged."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.encodings import options
from benchmarks.senders import Acks, new_chunk_id
from benchmarks.spool import Frame


@dataclass(frozen=True, slots=True)
class AckTime:
    """Seconds until a chunk's acknowledgement came: from when it was to be sent, and from when its last byte was."""

    from_due_s: float
    from_sent_s: float


def send_at_rate(
    sockets: Sequence[socket.socket], frames: Sequence[Frame], rate: float, *, compressed: bool
) -> list[AckTime]:
    """Sends chunks at `rate` events a second, in turn over the connections; the time of each acknowledgement.

    A chunk is due when all events before it have been sent at this rate. It goes out then, or as soon after that as
    its connection takes it.
    """
    began = time.monotonic()
    dues = list(due_times(frames, rate))
    lanes = [
        _Lane(one, list(zip(frames[number :: len(sockets)], dues[number :: len(sockets)], strict=True)), began)
        for number, one in enumerate(sockets)
    ]
    threads = [
        threading.Thread(target=work, args=arguments, daemon=True)
        for lane in lanes
        for work, arguments in ((lane.write, (compressed,)), (lane.read, ()))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [ack for lane in lanes for ack in lane.result()]


def due_times(frames: Sequence[Frame], rate: float) -> Iterator[float]:
    """When each frame is due, in seconds from the start."""
    before = 0
    for frame in frames:
        yield before / rate
        before += frame.events


class _Lane:
    """One connection: a thread writes to it, another one reads acknowledgements, which come in the order of chunks."""

    def __init__(self, connection: socket.socket, plan: Sequence[tuple[Frame, float]], began: float) -> None:
        self._socket = connection
        self._plan = plan
        self._began = began
        self._sent: list[float] = []
        self._answered: list[float] = []

    def write(self, compressed: bool) -> None:  # noqa: FBT001 (an argument of a thread)
        for frame, due in self._plan:
            time.sleep(max(0.0, self._began + due - time.monotonic()))
            self._socket.sendall(frame.data)
            self._socket.sendall(options(new_chunk_id(), frame.events, compressed=compressed))
            self._sent.append(time.monotonic())

    def read(self) -> None:
        acks = Acks(self._socket)
        for _ in self._plan:
            acks.next()
            self._answered.append(time.monotonic())

    def result(self) -> Iterator[AckTime]:
        """The times.

        Raises:
            SystemExit: not everything was acknowledged.
        """
        if len(self._answered) != len(self._plan):
            raise SystemExit("a connection ended before everything was acknowledged")
        for (_, due), sent, answered in zip(self._plan, self._sent, self._answered, strict=True):
            # An acknowledgement may be read before the thread that sent the chunk was woken to look at the clock.
            yield AckTime(answered - self._began - due, max(0.0, answered - sent))
