"""How a session uses its transport, where sockets do not show it."""

from __future__ import annotations

import asyncio

import pytest

from ingest.admission import Admission
from ingest.counters import IntakeCounters
from ingest.dedup import Dedup
from ingest.gate import Gate
from ingest.intake import Intake
from ingest.session import ForwardSession, House
from ingest.settings import ForwardSettings
from ingest.unfinished import Unfinished
from logstore.clock import SystemClock
from tests.ingest.fake_sink import FakeSink
from tests.ingest.forward.wire_samples import forward, message, packed_forward


class RecordingTransport(asyncio.Transport):
    """A transport that keeps each write apart."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 5000)})
        self.writes: list[bytes] = []

    def write(self, data) -> None:
        """One write call."""
        self.writes.append(bytes(data))

    def set_write_buffer_limits(self, high=None, low=None) -> None:
        """There is no buffer."""

    def is_closing(self) -> bool:
        """Never."""
        return False

    def pause_reading(self) -> None:
        """Nothing is read anyway."""

    def resume_reading(self) -> None:
        """Likewise."""


def session_over(transport: RecordingTransport, sink: FakeSink, counters: IntakeCounters) -> ForwardSession:
    """A connected session."""
    clock = SystemClock()
    house = House(
        settings=ForwardSettings(),
        intake=Intake(sink, Dedup(sink, 1, 0), clock, counters),
        gate=Gate(sink),
        admission=Admission(1, 1),
        unfinished=Unfinished(1 << 20),
        clock=clock,
        counters=counters,
        sessions=set(),
        on_empty=lambda: None,
    )
    session = ForwardSession(house, 1)
    session.connection_made(transport)
    return session


async def test_each_ack_is_one_write():
    """Acks that become due together are written one by one, each whole."""
    transport, sink = RecordingTransport(), FakeSink(is_prompt=False)
    session = session_over(transport, sink, IntakeCounters())
    session.data_received(forward({"chunk": "a"}) + forward({"chunk": "b"}) + forward({"chunk": "c"}))
    sink.complete(2, 1, 0)
    for _ in range(3):
        await asyncio.sleep(0)
    assert transport.writes == [b"\x81\xa3ack\xa1a", b"\x81\xa3ack\xa1b", b"\x81\xa3ack\xa1c"]
    session.connection_lost(None)


async def test_chunks_that_outlive_their_connection_are_stored():
    """The connection breaks while a chunk is being stored: nobody is told, nothing is left open."""
    transport, sink, counters = RecordingTransport(), FakeSink(is_prompt=False), IntakeCounters()
    session = session_over(transport, sink, counters)
    session.data_received(forward({"chunk": "a"}) + forward({"chunk": "b"}))
    session.connection_lost(ConnectionResetError())
    sink.complete(0)
    sink.fail(1)
    for _ in range(3):
        await asyncio.sleep(0)
    assert transport.writes == []
    assert (counters.connections_open, counters.unacked_bytes, counters.store_failures) == (0, 0, 1)


async def test_answers_that_wait_count_as_unacked():
    """While a chunk is being stored, tiny messages that only need an answer must not pile up without end."""
    transport, sink, counters = RecordingTransport(), FakeSink(is_prompt=False), IntakeCounters()
    session = session_over(transport, sink, counters)
    await asyncio.sleep(0)
    session.data_received(forward({"chunk": "a"}))
    signal = forward({"chunk": "b", "fluent_signal": 1})
    while not counters.read_pauses["unacked bytes"]:
        assert counters.discarded["metrics are not stored"] < 50_000
        session.data_received(signal * 1000)
    session.connection_lost(None)


async def test_a_flood_of_messages_leaves_others_their_turn():
    """What one read brings is handled in turns, in order, and nothing is lost when the sender or the server ends."""
    transport, sink, counters = RecordingTransport(), FakeSink(), IntakeCounters()
    session = session_over(transport, sink, counters)
    await asyncio.sleep(0)
    session.data_received(forward({"chunk": "a"}) * 1000 + message() * 1000)
    assert len(sink.chunks) < 300
    turns = 0
    while counters.messages < 2000:
        turns += 1
        await asyncio.sleep(0)
    assert turns >= 4
    session.data_received(message() * 1000 + forward({"chunk": "b"}))
    session.eof_received()
    assert counters.messages == 3001
    assert [chunk.ordinal for chunk in sink.chunks] == sorted(chunk.ordinal for chunk in sink.chunks)
    session.connection_lost(None)


async def test_a_session_that_ends_handles_what_was_read():
    """A shutdown in the middle of a flood stores all of it."""
    transport, sink, counters = RecordingTransport(), FakeSink(), IntakeCounters()
    session = session_over(transport, sink, counters)
    await asyncio.sleep(0)
    session.data_received(message() * 2000)
    session.finish()
    assert counters.messages == 2000
    session.connection_lost(None)


async def test_a_sender_that_we_do_not_read_is_not_idle():
    """While the store is full nothing comes because we do not read: that is no reason to end the connection."""
    transport, sink, counters = RecordingTransport(), FakeSink(), IntakeCounters()
    sink.set_room(has_room=False)
    session = session_over(transport, sink, counters)
    await asyncio.sleep(0)
    for _ in range(5):
        session._check_idle()
    assert counters.connections_cut == {}
    sink.set_room(has_room=True)
    session._steer()
    session._check_idle()
    assert counters.connections_cut == {}
    session.data_received(message())
    session._check_idle()
    assert counters.connections_cut == {}
    session.connection_lost(None)


async def test_what_is_read_while_there_is_no_room_waits():
    """A read that was under way is kept, not stored, and nothing more is read, until there is room; in order then."""
    transport, sink, counters = RecordingTransport(), FakeSink(), IntakeCounters()
    sink.set_room(has_room=False)
    session = session_over(transport, sink, counters)
    session.data_received(forward({"chunk": "a"}))
    session.data_received(forward({"chunk": "b"}) * 600)
    for _ in range(5):
        await asyncio.sleep(0)
    assert sink.chunks == []
    assert not session._is_reading
    sink.set_room(has_room=True)
    session._steer()
    for _ in range(10):
        await asyncio.sleep(0)
    assert counters.messages == 601
    assert [chunk.chunk_id for chunk in sink.chunks[:2]] == [b"a", b"b"]
    assert session._is_reading
    session.connection_lost(None)


@pytest.mark.parametrize("ends", ["the sender", "the server"])
async def test_what_waits_for_room_is_stored_at_the_end(ends):
    """Whoever ends the connection: what was read is not lost."""
    transport, sink, counters = RecordingTransport(), FakeSink(), IntakeCounters()
    sink.set_room(has_room=False)
    session = session_over(transport, sink, counters)
    session.data_received(message() * 300)
    await asyncio.sleep(0)
    assert counters.messages == 0
    (session.eof_received if ends == "the sender" else session.finish)()
    assert counters.messages == 300
    session.connection_lost(None)


async def test_a_large_payload_is_read_to_where_it_stays():
    """The beginning of a message is read to what sessions share, a large payload behind it is not; nor what follows."""
    transport, sink, counters = RecordingTransport(), FakeSink(is_prompt=True), IntakeCounters()
    session = session_over(transport, sink, counters)
    body = bytes(range(256)) * 2000
    data = memoryview(packed_forward({"chunk": "a"}, body) + packed_forward({"chunk": "b"}, body))
    shared = session.get_buffer(-1)
    rooms, total = [], len(data)
    while data:
        room = session.get_buffer(-1)
        rooms.append(room is shared)
        taken = min(len(room), len(data))
        room[:taken] = data[:taken]
        session.buffer_updated(taken)
        data = data[taken:]
    await asyncio.sleep(0)
    assert [chunk.payload for chunk in sink.chunks] == [body, body]
    assert counters.received_bytes == total
    assert rooms[:2] == [True, False]
    assert rooms.count(True) == 3
