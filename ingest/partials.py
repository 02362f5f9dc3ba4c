"""Joining what Docker has split: a line above 16 KiB comes in pieces, each a message of its own. Pure.

Docker's log driver marks the pieces: `partial_message` is "true", `partial_id` names the line, `partial_ordinal` counts
from 1, `partial_last` is "true" in the last. The joined message has the tag, the time and the fields of the first
piece, without these four, and all of `log`; it takes the place of the piece that completes it.

A piece is never lost: what cannot be joined, for its size, its number or the time that it takes, is given back as it
came. Works on msgpack as it was received and builds no objects but of the few fields that it needs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgpack

from ingest.forward import wire

MARK: Final = b"partial_message"
_ID: Final = b"partial_id"
_ORDINAL: Final = b"partial_ordinal"
_LAST: Final = b"partial_last"
_OURS: Final = frozenset({MARK, _ID, _ORDINAL, _LAST})
_LOG: Final = b"log"
_CONTAINER: Final = b"container_id"
_TRUE: Final = b"true"

_MAX_FIELDS: Final = 1000
_MAX_ORDINAL_DIGITS: Final = 6
_RECORD: Final = 2


@dataclass(frozen=True, slots=True)
class PartialLimits:
    """How much a connection may have waiting.

    Attributes:
        max_bytes: of all pieces that wait, and so of a joined line. Smaller leaves long lines in pieces.
        max_lines: that are waited for. A container writes one line at a time; relays may mix many.
        timeout_ns: how long the pieces of a line wait for the rest. Docker sends them without a pause.
    """

    max_bytes: int
    max_lines: int
    timeout_ns: int


class Passed(NamedTuple):
    """Messages to be stored now, concatenated.

    Attributes:
        payload, messages: the bytes, and how many messages they are; may be nothing at all.
        joined: pieces that became part of a joined message.
        unjoined: pieces given back as they came.
    """

    payload: bytes
    messages: int
    joined: int = 0
    unjoined: int = 0


class _Piece(NamedTuple):
    message: bytes
    line: tuple[bytes, bytes]
    ordinal: int
    is_last: bool
    log: bytes


@dataclass(slots=True)
class _Line:
    """A line some pieces of which are there.

    `is_given_up`: it cannot be joined any more, its pieces are passed on as they come.
    """

    deadline_ns: int
    pieces: dict[int, _Piece] = field(default_factory=dict)
    size: int = 0
    last: int = 0
    is_given_up: bool = False

    @property
    def is_complete(self) -> bool:
        return 0 < self.last == len(self.pieces) == max(self.pieces) and min(self.pieces) == 1


class PartialJoiner:
    """The lines of one connection that are not complete."""

    def __init__(self, limits: PartialLimits) -> None:
        self._limits = limits
        self._lines: OrderedDict[tuple[bytes, bytes], _Line] = OrderedDict()
        self.held_bytes = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing is waited for."""
        return not self._lines

    def add(self, payload: bytes, messages: int, now_ns: int) -> Passed:
        """Takes whole Message-mode messages, concatenated, and gives back those that need not wait."""
        if MARK not in payload:
            return Passed(payload, messages)
        out = _Out()
        for message in _messages(payload):
            piece = _piece(message) if MARK in message else None
            if piece is None:
                out.pass_on(message)
            else:
                self._take(piece, now_ns, out)
        return out.passed()

    def expire(self, now_ns: int) -> Passed:
        """Gives back the pieces that have waited too long."""
        return self._give_up([line for line, found in self._lines.items() if found.deadline_ns <= now_ns])

    def end(self) -> Passed:
        """Gives back everything."""
        return self._give_up(list(self._lines))

    def _take(self, piece: _Piece, now_ns: int, out: _Out) -> None:
        line = self._lines.setdefault(piece.line, _Line(now_ns + self._limits.timeout_ns))
        if line.is_given_up or piece.ordinal in line.pieces:
            # The same piece again: nobody knows which of them is meant.
            self._abandon(line, out)
            out.give_back(piece.message)
            if piece.is_last:
                del self._lines[piece.line]
            return
        line.pieces[piece.ordinal] = piece
        line.last = piece.ordinal if piece.is_last else line.last
        line.size += len(piece.message)
        self.held_bytes += len(piece.message)
        if line.is_complete:
            del self._lines[piece.line]
            self.held_bytes -= line.size
            out.join(_join(line), len(line.pieces))
        while self.held_bytes > self._limits.max_bytes:
            self._abandon(next(one for one in self._lines.values() if one.pieces), out)
        while len(self._lines) > self._limits.max_lines:
            self._abandon(self._lines.popitem(last=False)[1], out)

    def _abandon(self, line: _Line, out: _Out) -> None:
        for ordinal in sorted(line.pieces):
            out.give_back(line.pieces[ordinal].message)
        self.held_bytes -= line.size
        line.pieces, line.size, line.is_given_up = {}, 0, True

    def _give_up(self, lines: list[tuple[bytes, bytes]]) -> Passed:
        out = _Out()
        for line in lines:
            self._abandon(self._lines.pop(line), out)
        return out.passed()


class _Out:
    """What is passed on, in order."""

    def __init__(self) -> None:
        self._messages: list[bytes] = []
        self._joined = self._unjoined = 0

    def pass_on(self, message: bytes) -> None:
        self._messages.append(message)

    def give_back(self, message: bytes) -> None:
        self._messages.append(message)
        self._unjoined += 1

    def join(self, message: bytes, pieces: int) -> None:
        self._messages.append(message)
        self._joined += pieces

    def passed(self) -> Passed:
        return Passed(b"".join(self._messages), len(self._messages), self._joined, self._unjoined)


def _messages(payload: bytes) -> Iterator[bytes]:
    unpacker = _unpacker(payload)
    start = 0
    while start < len(payload):
        unpacker.skip()
        yield payload[start : (start := unpacker.tell())]


def _piece(message: bytes) -> _Piece | None:
    """The piece of a line that a message is; None when it is none."""
    fields = {wire.text_of(key): value for key, value in _fields(message)}
    found = {name: wire.text_of(value) for name, value in fields.items() if name in _OURS or name == _CONTAINER}
    ordinal = found.get(_ORDINAL, b"")
    is_piece = found.get(MARK) == _TRUE and found.get(_ID) and _LOG in fields and ordinal.isdigit()
    if not is_piece or len(ordinal) > _MAX_ORDINAL_DIGITS or wire.KINDS[fields[_LOG][0]] != wire.TEXT:
        return None
    line = (found.get(_CONTAINER, b""), found[_ID])
    return _Piece(message, line, int(ordinal), found.get(_LAST) == _TRUE, wire.text_of(fields[_LOG]))


def _join(line: _Line) -> bytes:
    pieces = [line.pieces[ordinal] for ordinal in sorted(line.pieces)]
    first = pieces[0].message
    kept = [(key, value) for key, value in _fields(first) if wire.text_of(key) not in _OURS]
    log = msgpack.packb(b"".join(piece.log for piece in pieces), use_bin_type=False)
    values = [key + (log if wire.text_of(key) == _LOG else value) for key, value in kept]
    start, end = _record(first)
    return b"".join([first[:start], msgpack.Packer().pack_map_header(len(kept)), *values, first[end:]])


def _record(message: bytes) -> tuple[int, int]:
    """Where the record of a message lies."""
    unpacker = _unpacker(message)
    elements = unpacker.read_array_header()
    if elements <= _RECORD:
        return 0, 0
    for _ in range(_RECORD):
        unpacker.skip()
    start = unpacker.tell()
    unpacker.skip()
    return start, unpacker.tell()


def _fields(message: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a message's record, as received; none when it is no map, or one that no container has."""
    start, end = _record(message)
    record = message[start:end]
    if not record or wire.KINDS[record[0]] != wire.MAP or wire.length_at(record, 0) > _MAX_FIELDS:
        return
    unpacker = _unpacker(record)
    count = unpacker.read_map_header()
    at = unpacker.tell()
    for _ in range(count):
        unpacker.skip()
        middle = unpacker.tell()
        unpacker.skip()
        yield record[at:middle], record[middle : (at := unpacker.tell())]


def _unpacker(data: bytes) -> msgpack.Unpacker:
    unpacker = msgpack.Unpacker(max_buffer_size=len(data))
    unpacker.feed(data)
    return unpacker
