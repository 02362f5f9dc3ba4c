"""One connection of the forward protocol, without I/O, in the manner of h11.

Feed it what was read with `receive_data` (empty bytes: the sender closed its side), then call `next_event` until it
says `NEED_DATA`. It never raises for anything a sender writes, and holds no more than one unfinished message beside
what it was fed.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Final, Protocol

from ingest.forward.events import NEED_DATA, ConnectionClosed, Event, Malformed, NeedData
from ingest.forward.framing import Frame, Framer
from ingest.forward.handshake import PING_LIMITS, Accepted, Handshake, invalid
from ingest.forward.json_framing import JsonFramer
from ingest.forward.limits import Limits
from ingest.forward.modes import Single, interpret, run_of_messages
from ingest.forward.opening import Codec, codec_of
from ingest.forward.refusal import RefusalError
from ingest.forward.replies import Answer, ack, json_ack

MAX_RUN_MESSAGES: Final = 256
"""Single messages that are stored as one chunk. More would keep other connections waiting meanwhile; fewer cost more of
what a chunk costs."""


class State(Enum):
    """How far a connection is."""

    PROVING = "proving"
    """The listener has a shared key, and the sender has not shown yet that it knows it. Nothing is stored."""
    OPENING = "opening"
    """Nothing came yet: the first byte decides the codec."""
    STREAMING = "streaming"
    """Messages follow each other."""
    REFUSED = "refused"
    """The stream could not be read on; what still comes is thrown away."""
    CLOSED = "closed"
    """The sender is done sending, and this was reported."""


class _Input(Enum):
    PROOF = "a PING that is right"
    MESSAGES = "first byte of msgpack or JSON"
    UNREADABLE = "something that is no message"
    EOF = "end of stream"


# What is not listed does not happen, or changes nothing. A handshake is msgpack, so nothing is left to open after it.
_TRANSITIONS: Final = {
    (State.PROVING, _Input.PROOF): State.STREAMING,
    (State.PROVING, _Input.UNREADABLE): State.REFUSED,
    (State.PROVING, _Input.EOF): State.CLOSED,
    (State.OPENING, _Input.MESSAGES): State.STREAMING,
    (State.OPENING, _Input.UNREADABLE): State.REFUSED,
    (State.OPENING, _Input.EOF): State.CLOSED,
    (State.STREAMING, _Input.UNREADABLE): State.REFUSED,
    (State.STREAMING, _Input.EOF): State.CLOSED,
    (State.REFUSED, _Input.EOF): State.CLOSED,
}


class _Framer(Protocol):
    """Takes the stream in and gives its messages out, as msgpack, whatever they were."""

    buffer: bytearray

    @property
    def unread_bytes(self) -> int: ...

    def receive(self, data: bytes) -> None: ...

    def room(self) -> memoryview | None: ...

    def written(self, size: int) -> None: ...

    def next_frame(self) -> Frame | None: ...

    def release(self) -> None: ...


class ForwardConnection:
    """Bytes of one sender in, events out.

    `state` and `messages` (how many were read so far) are to be read only.

    Args:
        limits: what the sender may ask of us.
        handshake: what it must prove first, after our HELO; None where everybody may send.
    """

    def __init__(self, limits: Limits, handshake: Handshake | None = None) -> None:
        self.state = State.OPENING if handshake is None else State.PROVING
        self._limits = limits
        self._handshake = handshake
        self._framer: _Framer = Framer(limits if handshake is None else PING_LIMITS)
        self._answer: Answer = ack
        self._events: deque[Event] = deque()
        self.messages = 0
        self._ended = False

    @property
    def is_amid_message(self) -> bool:
        """Whether the bytes received end within a message."""
        return self._framer.unread_bytes > 0

    @property
    def unfinished_bytes(self) -> int:
        """Bytes held of a message that has not ended."""
        return self._framer.unread_bytes

    def receive_data(self, data: bytes) -> None:
        """Takes bytes as they were read; empty bytes say that there will be no more."""
        if not data:
            self._ended = True
        elif self.state is not State.REFUSED:
            self._framer.receive(data)

    def room(self) -> memoryview | None:
        """Where the next bytes may be read to, without a copy: then `data_written` is called, not `receive_data`.

        None when they are to be received. It is not to be kept: any other call may make it wrong.
        """
        return self._framer.room()

    def data_written(self, size: int) -> None:
        """Takes so many bytes, one at least, that were read to the start of `room()`."""
        self._framer.written(size)

    def next_event(self) -> Event | NeedData:
        """The next thing that happened, or `NEED_DATA`."""
        if not self._events:
            self._advance()
        return self._events.popleft() if self._events else NEED_DATA

    def _advance(self) -> None:
        try:
            if self.state is State.PROVING:
                self._prove()
            if self.state is State.OPENING and self._framer.unread_bytes:
                self._open()
            if self.state is State.STREAMING:
                self._read_messages()
        except RefusalError as refusal:
            self._move(_Input.UNREADABLE)
            self._framer = Framer(self._limits)
            self._events.append(Malformed(refusal.reason, refusal.detail))
        if self._ended and not self._events and self.state is not State.CLOSED:
            self._move(_Input.EOF)
            self._events.append(ConnectionClosed(self._framer.unread_bytes))

    def _prove(self) -> None:
        """Answers the first message; what follows a good one in the same bytes is read as usual."""
        try:
            frame = self._framer.next_frame()
            if frame is None or self._handshake is None:
                return
            verdict = self._handshake.answer(bytes(self._framer.buffer[frame.start : frame.end]))
        except RefusalError as refusal:
            is_json = codec_of(self._framer.buffer[0]) is Codec.JSON
            verdict = invalid("JSON connection" if is_json else refusal.reason)
        self._events.append(verdict)
        rest = bytes(self._framer.buffer[len(self._framer.buffer) - self._framer.unread_bytes :])
        self._framer = Framer(self._limits)
        self._move(_Input.PROOF if isinstance(verdict, Accepted) else _Input.UNREADABLE)
        if self.state is State.STREAMING:
            self._framer.receive(rest)

    def _open(self) -> None:
        if codec_of(self._framer.buffer[0]) is Codec.JSON:
            opening, self._framer, self._answer = bytes(self._framer.buffer), JsonFramer(self._limits), json_ack
            self._framer.receive(opening)
        self._move(_Input.MESSAGES)

    def _read_messages(self) -> None:
        """Reads up to and including the next message that does not join its neighbours, or a run that is full."""
        run: list[Frame] = []
        notes: list[tuple[str, ...]] = []
        event: Event | None = None
        try:
            while event is None and len(run) < MAX_RUN_MESSAGES:
                frame = self._framer.next_frame()
                if frame is None:
                    break
                message = interpret(self._framer.buffer, frame, self.messages, self._limits, self._answer)
                self.messages += 1
                if isinstance(message, Single):
                    run.append(frame)
                    notes.append(message.notes)
                else:
                    event = message
        finally:
            if run:
                self._events.append(self._join(run, notes, follower=event))
        if event is not None:
            self._events.append(event)
        self._framer.release()

    def _join(self, run: list[Frame], notes: list[tuple[str, ...]], follower: Event | None) -> Event:
        first = self.messages - len(run) - (follower is not None)
        return run_of_messages(self._framer.buffer, run[0].start, run[-1].end, first, notes)

    def _move(self, what: _Input) -> None:
        self.state = _TRANSITIONS[self.state, what]
