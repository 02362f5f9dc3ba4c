"""What a whole message means. Which of the modes it is in, the type of its second element alone decides.

| second element | mode | shape |
|---|---|---|
| array | Forward | `[tag, [[time, record], ...], option?]` |
| text | PackedForward, CompressedPackedForward | `[tag, entries, option?]` |
| anything else | Message | `[tag, time, record, option?]` |

So a time written as text makes a PackedForward message with no valid entry, and a time written as an array a Forward
message: the decoder rejects their entries, and the chunk is acknowledged, for no retry could help.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ingest.forward import wire
from ingest.forward.bounds import packed_bound
from ingest.forward.compression import named, sniffed
from ingest.forward.events import ChunkReceived, Discarded, Heartbeat
from ingest.forward.framing import Frame
from ingest.forward.limits import Limits
from ingest.forward.options import NO_OPTIONS, Options, read_options
from ingest.forward.refusal import RefusalError, shown
from ingest.forward.replies import Answer, ack
from ingest.signals import why_not_stored
from logstore.model.chunk import Compression, Mode

UNDECLARED_COMPRESSION: Final = "undeclared compression"
UNKNOWN_COMPRESSION: Final = "unknown compression"
NOT_A_TEXT_TAG: Final = "tag is not a string"

_MIN_ELEMENTS: Final = 2
_TEXT_HEADER_BYTES: Final = 5
_MODES: Final = {wire.ARRAY: Mode.FORWARD, wire.TEXT: Mode.PACKED}
_OPTION_INDEX: Final = {Mode.FORWARD: 2, Mode.PACKED: 2, Mode.MESSAGES: 3}


@dataclass(frozen=True, slots=True)
class Single:
    """A Message-mode message that asks for no ack, so that it can be stored together with its neighbours."""

    notes: tuple[str, ...] = ()


_PLAIN: Final = Single()


@dataclass(frozen=True, slots=True)
class _Message:
    """A message of two elements or more, with what was found out about it."""

    data: bytearray
    frame: Frame
    mode: Mode
    options: Options
    ordinal: int
    limits: Limits
    reply: bytes


def interpret(
    data: bytearray, frame: Frame, ordinal: int, limits: Limits, answer: Answer = ack
) -> ChunkReceived | Discarded | Heartbeat | Single:
    """What the message in `frame` means; `answer` makes the reply that acknowledges a chunk's id.

    Raises:
        RefusalError: it breaks a limit, or is no message at all.
    """
    cuts = frame.cuts
    if not cuts:
        return Heartbeat()
    if len(cuts) - 1 < _MIN_ELEMENTS:
        raise RefusalError("message is too short", f"{len(cuts) - 1} elements")
    if cuts[1] - cuts[0] > limits.max_tag_bytes + _TEXT_HEADER_BYTES:
        raise RefusalError("tag is too long", f"{cuts[1] - cuts[0]} bytes")
    mode = _MODES.get(wire.KINDS[data[cuts[1]]], Mode.MESSAGES)
    at = _OPTION_INDEX[mode]
    options = read_options(data, cuts[at], cuts[at + 1], limits) if len(cuts) - 1 > at else NO_OPTIONS
    reply = answer(options.chunk) if options.chunk else b""
    if wire.KINDS[data[cuts[0]]] != wire.TEXT:
        return Discarded(NOT_A_TEXT_TAG, reply)
    if limits.drops_signals and (reason := why_not_stored(options.signal)):
        return Discarded(reason, reply)
    if mode is Mode.MESSAGES and not reply and not why_not_stored(options.signal):
        return Single(options.notes) if options.notes else _PLAIN
    if mode is Mode.FORWARD and _is_heartbeat(data, frame):
        return Heartbeat()
    return _READERS[mode](_Message(data, frame, mode, options, ordinal, limits, reply))


def run_of_messages(data: bytearray, start: int, end: int, ordinal: int, notes: list[tuple[str, ...]]) -> ChunkReceived:
    """The neighbouring single messages that fill [start, end) as one chunk; `notes` has an item for each of them."""
    return ChunkReceived(
        Mode.MESSAGES,
        wire.copy(data, start, end),
        rows_bound=len(notes),
        ordinal=ordinal,
        messages=len(notes),
        notes=tuple(note for of_one in notes for note in of_one),
    )


def _is_heartbeat(data: bytearray, frame: Frame) -> bool:
    """Whether it is `["", []]` and nothing more."""
    cuts = frame.cuts
    empty_tag = wire.length_at(data, cuts[0]) == 0
    return len(cuts) - 1 == _MIN_ELEMENTS and empty_tag and wire.length_at(data, cuts[1]) == 0


def _message(message: _Message) -> ChunkReceived:
    payload = wire.copy(message.data, message.frame.start, message.frame.end)
    return _chunk(message, payload, rows_bound=1)


def _forward(message: _Message) -> ChunkReceived:
    start, end = message.frame.cuts[1:3]
    payload = wire.copy(message.data, start, end)
    return _chunk(message, payload, rows_bound=max(1, wire.length_at(message.data, start)))


def _packed(message: _Message) -> ChunkReceived:
    payload = message.frame.bulk
    if payload is None:
        payload = wire.content(message.data, *message.frame.cuts[1:3])
    compression = named(message.options.compressed)
    notes: tuple[str, ...] = ()
    if compression is Compression.UNKNOWN:
        # Stored as it is and acked: no retry could make it readable, and the decoder puts it aside.
        whole = _chunk(message, payload, 1, compression, (UNKNOWN_COMPRESSION,))
        return replace(whole, unknown=shown(message.options.compressed))
    if compression is Compression.NONE and (compression := sniffed(payload)) is not Compression.NONE:
        notes = (UNDECLARED_COMPRESSION,)
    bound = packed_bound(payload, compression, message.limits.max_inflated_bytes)
    return _chunk(message, payload, bound, compression, notes)


_READERS: Final[dict[Mode, Callable[[_Message], ChunkReceived]]] = {
    Mode.MESSAGES: _message,
    Mode.FORWARD: _forward,
    Mode.PACKED: _packed,
}


def _chunk(
    message: _Message,
    payload: bytes,
    rows_bound: int,
    compression: Compression = Compression.NONE,
    notes: tuple[str, ...] = (),
) -> ChunkReceived:
    options, cuts = message.options, message.frame.cuts
    return ChunkReceived(
        message.mode,
        payload,
        rows_bound,
        message.ordinal,
        compression,
        tag=wire.content(message.data, cuts[0], cuts[1]),
        chunk_id=options.chunk_id,
        reply=message.reply,
        options=options.raw,
        notes=options.notes + notes,
    )
