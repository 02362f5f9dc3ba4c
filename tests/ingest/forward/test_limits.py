"""Hostile streams: nothing is allocated because it was claimed, and work stays in proportion to the bytes."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from ingest.forward.connection import ForwardConnection
from ingest.forward.events import ChunkReceived, ConnectionClosed, Discarded, Malformed
from ingest.forward.limits import MIB, Limits
from tests.ingest.forward.wire_samples import drain, events_of, message, one_by_one, pack, packed_forward

HEAD = b"\x93\xa1t"


def refusal(*reads: bytes, limits: Limits | None = None) -> str:
    """The reason for which these reads are refused, which must be the last that is reported."""
    last = events_of(*reads, limits=limits)[-1]
    assert isinstance(last, Malformed), last
    return last.reason


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b"\xdd\xff\xff\xff\xff", "message has too many elements"),
        (b"\xdc\x00\x11", "message has too many elements"),
        (b"\xdf\xff\xff\xff\xff", "message is not an array"),
        (b"\xc6\xff\xff\xff\xff", "message is not an array"),
        (HEAD + b"\xdd\xff\xff\xff\xff", "message is too large"),
        (HEAD + b"\xc6\xff\xff\xff\xff", "message is too large"),
        (HEAD + b"\xdb\xff\xff\xff\xff", "message is too large"),
        (HEAD + b"\x01\xdf\xff\xff\xff\xff", "message is too large"),
        (HEAD + b"\x90\xdf\xff\xff\xff\xff", "message is too large"),
        (b"\x93\xdb\xff\xff\xff\xff", "tag is too long"),
        (b"\x93\xda\x10\x06", "tag is too long"),
        (b"\x93" * 2000, "message is nested too deeply"),
        (HEAD + b"\x91" * 2000, "message is nested too deeply"),
        (HEAD + b"\x01" + b"\x81\xa1k" * 2000, "message is nested too deeply"),
        (HEAD + b"\xc1", "broken msgpack"),
    ],
)
def test_claims_are_refused_at_once(wire, reason):
    """A header that claims more than the limits allow is refused before what it claims comes, in any cut."""
    assert refusal(wire) == reason
    assert refusal(*one_by_one(wire)) == reason


def test_claims_allocate_nothing():
    """Five-byte attacks, inside and outside of options and records, cost no memory."""
    claims = [b"\xdd\x00\xff\xff\xff", b"\xdf\x00\x7f\xff\xff", b"\xc6\x00\xff\xff\xff", b"\xc9\x00\xff\xff\xff\x05"]
    events_of(message())
    tracemalloc.start()
    connections = [ForwardConnection(Limits()) for claim in claims for _ in range(25)]
    for number, connection in enumerate(connections):
        connection.receive_data(HEAD + b"\x01" + claims[number % len(claims)])
        assert drain(connection) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB


def test_a_message_may_be_as_large_as_the_limit_and_no_larger():
    """Each message is measured alone, whole or in parts."""
    exact = packed_forward(payload=b"x" * 1000)
    limits = Limits(max_message_bytes=len(exact))
    larger = packed_forward(payload=b"x" * 1001)
    assert [type(event) for event in events_of(exact * 3, limits=limits)] == [ChunkReceived] * 3
    assert refusal(larger, limits=limits) == refusal(*one_by_one(larger), limits=limits) == "message is too large"


def test_an_endless_message_is_cut_at_the_limit():
    """A record that never ends is refused as soon as more of it than the limit is there."""
    limits = Limits(max_message_bytes=10_000)
    connection = ForwardConnection(limits)
    connection.receive_data(HEAD + b"\x01\xdd\x00\x00\x27\x00")
    held = 0
    while not (events := drain(connection)):
        connection.receive_data(b"\x91\x00" * 50)
        held += 100
        assert held <= limits.max_message_bytes + 100
    assert events == [Malformed("message is too large", "over 10000 bytes")]


def test_the_tag_has_a_limit():
    """A tag at the limit passes; a longer one is refused, of whatever type it is."""
    limit = Limits().max_tag_bytes
    assert isinstance(events_of(packed_forward(tag="t" * limit))[0], ChunkReceived)
    assert isinstance(events_of(packed_forward(tag=[0] * 100))[0], Discarded)
    for tag in ("t" * (limit + 6), [0] * (limit + 6)):
        wire = packed_forward(tag=tag)
        assert refusal(wire) == refusal(*one_by_one(wire)) == "tag is too long"


def test_the_chunk_id_has_a_limit():
    """An id that would not fit a sender's read of the ack is refused."""
    limit = Limits().max_chunk_id_bytes
    assert events_of(packed_forward({"chunk": "c" * limit}))[0].chunk_id == b"c" * limit
    assert refusal(packed_forward({"chunk": "c" * (limit + 6)})) == "chunk id is too long"
    assert refusal(message({"chunk": [0] * 1000})) == "chunk id is too long"


def test_options_have_a_limit():
    """The option map is read pair by pair, so it must be small."""
    assert refusal(packed_forward({str(n): n for n in range(20_000)})) == "options are too large"


def test_odd_keys_and_values_in_options_are_harmless():
    """Keys of any type, deep values and wrong types for known keys are passed over."""
    wire = (
        b"\x93"
        + pack("t")
        + pack(b"")
        + b"\x86"
        + (pack([1]) + pack(2))
        + (pack({}) + pack({}))
        + (b"\xc0" + b"\x91" * 900 + b"\x90")
        + (pack("fluent_signal") + pack("1"))
        + (pack("compressed") + pack(None))
        + (pack("chunk") + pack("x"))
    )
    assert events_of(wire)[0].chunk_id == b"x"


def seconds(stream: bytes, step: int) -> float:
    """CPU time to read a stream in steps; it must hold one message."""
    connection = ForwardConnection(Limits())
    found = 0
    began = time.process_time()
    for at in range(0, len(stream), step):
        connection.receive_data(stream[at : at + step])
        found += len(drain(connection))
    took = time.process_time() - began
    assert found == 1
    return took


def array_of(count: int) -> bytes:
    """A Forward message with many entries, in the fewest bytes."""
    return HEAD + b"\xdd" + count.to_bytes(4, "big") + b"\x92\x01\x81\xa1a\xa1b" * count + b"\x80"


def test_a_forward_array_of_a_million_entries_is_read_in_linear_time():
    """In reads of 64 KiB; going back to the start at each read would take minutes."""
    assert seconds(array_of(1_000_000), 65_536) < 2


@pytest.mark.parametrize("make", [array_of, lambda count: packed_forward(payload=b"x" * 7 * count)])
def test_one_byte_at_a_time_is_linear(make):
    """Four times the bytes take about four times the time, not sixteen."""
    small, large = (seconds(make(count), 1) for count in (10_000, 40_000))
    assert large < 8 * small + 0.1


def test_memory_of_a_large_message_is_given_back():
    """After a large message a connection holds no more than one that never saw it."""
    connection = ForwardConnection(Limits())
    wire = packed_forward(payload=b"x" * 8 * MIB)
    tracemalloc.start()
    connection.receive_data(wire)
    assert len(drain(connection)) == 1
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < MIB // 8


def test_an_unfinished_message_counts_its_bytes_at_the_end():
    """What was thrown away is reported."""
    assert events_of(HEAD, b"") == [ConnectionClosed(len(HEAD))]
