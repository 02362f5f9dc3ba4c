"""Telling a real listener something, and everything that it makes of it."""

from __future__ import annotations

import contextlib
import dataclasses
import struct
from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgpack

from ingest.counters import IntakeCounters
from ingest.decode.decoder import PlainDecoder
from ingest.decode.envelope import EnvelopeDecoder
from ingest.decode.settings import DecodeSettings
from logstore.model.chunk import Chunk, Entry
from tests.ingest.decode.rows import rows
from tests.ingest.senders import Listening, Sender, listening

pack = msgpack.packb
NS = 1_000_000_000
SECOND = 1_700_000_000
ACK = b"\x81\xa3ack"


def event_time(seconds: int = SECOND, nanoseconds: int = 0) -> msgpack.ExtType:
    """Fluentd's time."""
    return msgpack.ExtType(0, struct.pack(">II", seconds, nanoseconds))


def entries(*numbers: int) -> list[list[Any]]:
    """An entry for each number."""
    return [[event_time(), {"n": number}] for number in numbers]


def packed(*items: Any) -> bytes:
    """Entries one after the other, or whatever else."""
    return b"".join(map(pack, items))


def asking(name: str = "x", **more: Any) -> dict[str, Any]:
    """An option that asks for an ack."""
    return {"chunk": name, **more}


@dataclass(frozen=True)
class Told:
    """What became of what was told.

    `answer` is all that the listener wrote, `is_kept` whether it read to the end and had nothing to complain of.
    """

    answer: bytes
    counters: IntakeCounters
    chunks: tuple[Chunk, ...]
    events: list[dict[str, Any]]
    rejected: Counter[str]
    changes: dict[str, int]

    @property
    def is_kept(self) -> bool:
        """Whether the connection was read to its end."""
        return not self.counters.malformed and not self.counters.connections_cut

    @property
    def acks(self) -> list[Any]:
        """The ids that were acknowledged, in order."""
        unpacker = msgpack.Unpacker(raw=False)
        unpacker.feed(self.answer)
        return [message["ack"] for message in unpacker]

    def of(self, *fields: str) -> list[Any]:
        """Of each event these fields; one alone as it is."""
        found = [tuple(event.get(field) for field in fields) for event in self.events]
        return [values[0] for values in found] if len(fields) == 1 else found

    @property
    def times(self) -> list[int]:
        """The times of the events, in nanoseconds."""
        return [event["time"] for event in self.events]


def decoded(chunks: list[Chunk], settings: DecodeSettings) -> Any:
    """The chunks as the store would have them decoded."""
    log, seq = [], 1
    for chunk in chunks:
        log.append(Entry(seq, dataclasses.replace(chunk, settings=0)))
        seq = log[-1].end
    return EnvelopeDecoder(PlainDecoder({0: settings}), {0: settings}).decode(log)


async def tell(here: Listening, *writes: bytes) -> bytes:
    """Sends this on a connection of its own, closes the writing side, and returns all that comes back."""
    sender: Sender = await here.connect()
    with contextlib.suppress(ConnectionError):
        for data in writes:
            await sender.send(data)
        sender.end()
    answer = await sender.rest()
    with contextlib.suppress(ConnectionError):
        await sender.close()
    return answer


def summary(here: Listening, answer: bytes, settings: DecodeSettings | None = None) -> Told:
    """What a listener has made of all that it was told."""
    found = decoded(here.sink.chunks, settings or DecodeSettings())
    reasons = Counter(rejection.reason for rejection in found.rejections)
    return Told(answer, here.counters, tuple(here.sink.chunks), rows(found.batch), reasons, found.changes)


async def told(*writes: bytes, decode: DecodeSettings | None = None, **settings: Any) -> Told:
    """What a listener with these settings makes of these writes on one connection."""
    async with listening(**settings) as here:
        answer = await tell(here, *writes)
        return summary(here, answer, decode)
