"""The option map of a message: the few keys that a receiver acts on, read without building the rest.

`size` is advisory and senders get it wrong, so it is not even looked at. Unknown keys are users' own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from msgpack import Unpacker

from ingest.forward import wire
from ingest.forward.limits import Limits
from ingest.forward.refusal import RefusalError

NOT_A_MAP: Final = "option is not a map"

# Room for the header of a text value, beside the limit on its content.
_TEXT_HEADER_BYTES: Final = 5


@dataclass(frozen=True, slots=True)
class Options:
    """What a message's option says.

    Attributes:
        raw: the map as received; empty when the option is absent, nil or `{}`.
        chunk: the value to echo in the ack, as received, with its msgpack type; empty when no ack is asked for.
        compressed: name of the compression; empty when none is named.
        signal: what the events are: 0 logs, 1 metrics, 2 traces (Fluent Bit sends more kinds than these).
        notes: oddities met.
    """

    raw: bytes = b""
    chunk: bytes = b""
    compressed: bytes = b""
    signal: int = 0
    notes: tuple[str, ...] = ()

    @property
    def chunk_id(self) -> bytes | None:
        """The chunk id's bytes: the content of a str or bin, any other value as received; None without an id."""
        if not self.chunk:
            return None
        return wire.text_of(self.chunk)


NO_OPTIONS: Final = Options()


def read_options(data: bytearray, start: int, end: int, limits: Limits) -> Options:
    """Reads the value that fills [start, end) as an option. Whatever is no map is passed over, and noted.

    Raises:
        RefusalError: the map or the chunk id in it breaks a limit.
    """
    lead = data[start]
    if lead in (wire.NIL, wire.EMPTY_MAP):
        return NO_OPTIONS
    if wire.KINDS[lead] != wire.MAP:
        return Options(notes=(NOT_A_MAP,))
    if end - start > limits.max_options_bytes:
        raise RefusalError("options are too large", f"{end - start} bytes")
    raw = wire.copy(data, start, end)
    found = {wire.text_of(key): value for key, value in _pairs(raw)}
    chunk = _truthy(found.get(b"chunk"))
    if len(chunk) > limits.max_chunk_id_bytes + _TEXT_HEADER_BYTES:
        raise RefusalError("chunk id is too long", f"{len(chunk)} bytes")
    return Options(
        raw=raw,
        chunk=chunk,
        compressed=wire.text_of(_truthy(found.get(b"compressed"))),
        signal=wire.unsigned(found.get(b"fluent_signal", b"\x00")) or 0,
    )


def _pairs(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each pair of a map, as received."""
    unpacker = Unpacker(max_buffer_size=len(raw))
    unpacker.feed(raw)
    start = wire.header_size(raw[0])
    for _ in range(unpacker.read_map_header()):
        unpacker.skip()
        middle = unpacker.tell()
        unpacker.skip()
        end = unpacker.tell()
        yield raw[start:middle], raw[middle:end]
        start = end


def _truthy(value: bytes | None) -> bytes:
    """The value, or nothing when it is absent, nil or false (all that Ruby takes for untrue)."""
    return b"" if value is None or value[0] in (wire.NIL, wire.FALSE) else value
