"""JSON connections: the same events as msgpack ones, whatever the cuts."""

from __future__ import annotations

import json
import tracemalloc

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.forward.connection import ForwardConnection
from ingest.forward.events import ChunkReceived, ConnectionClosed, Heartbeat, Malformed
from ingest.forward.limits import Limits
from logstore.model.chunk import Mode
from tests.ingest.forward.wire_samples import drain, events_of, one_by_one, pack

EVENT_TIME = b"\xd7\x00\x65\x53\xf1\x00"


def text(*messages: object, space: str = "") -> bytes:
    """Messages as JSON, one after the other."""
    return space.join(json.dumps(message, ensure_ascii=False) for message in messages).encode()


def payload_of(wire: bytes) -> bytes:
    """The payload of the one chunk that comes of it."""
    (event,) = events_of(wire)
    assert isinstance(event, ChunkReceived), event
    return event.payload


def refusal(*reads: bytes, limits: Limits | None = None) -> str:
    """Why the stream is not read on."""
    last = events_of(*reads, limits=limits)[-1]
    assert isinstance(last, Malformed), last
    return last.reason


@pytest.mark.parametrize("space", ["", "\n", " \r\n\t "])
def test_values_follow_each_other_with_or_without_space(space):
    """Messages without an id join runs; an id ends the run, and is answered in JSON without a newline."""
    wire = text(["a", 1, {}], ["b", 2, {"k": [1, None, True]}], ["c", 3, {}, {"chunk": "x\u00e9\n"}], space=space)
    for reads in ([wire], one_by_one(wire)):
        events = events_of(*reads)
        assert b"".join(event.payload for event in events) == b"".join(
            map(pack, [["a", 1, {}], ["b", 2, {"k": [1, None, True]}], ["c", 3, {}, {"chunk": "x\u00e9\n"}]])
        )
        assert (events[-1].chunk_id, events[-1].reply) == (b"x\xc3\xa9\n", '{"ack":"x\u00e9\\n"}'.encode())
        assert {event.mode for event in events} == {Mode.MESSAGES}


def test_entries_become_a_forward_chunk():
    """The second mode that Fluentd takes in JSON."""
    entries = [[1, {"a": 1}], [2, {"b": 2}]]
    (event,) = events_of(text(["t", entries, {"chunk": 7}]))
    assert (event.mode, event.payload, event.rows_bound) == (Mode.FORWARD, pack(entries), 2)
    assert (event.tag, event.reply) == (b"t", b'{"ack":7}')


def test_text_in_the_place_of_entries_is_a_packed_chunk_without_any():
    """As in msgpack: of no use to anybody, and answered."""
    (event,) = events_of(text(["t", "1700000000", {"chunk": "x"}]))
    assert (event.mode, event.payload, event.reply) == (Mode.PACKED, b"1700000000", b'{"ack":"x"}')


@pytest.mark.parametrize(
    ("written", "packed"),
    [
        (b"1700000000.123456789", EVENT_TIME + (123456789).to_bytes(4, "big")),
        (b"1700000000.5", EVENT_TIME + (500000000).to_bytes(4, "big")),
        (b"1.7000000001e9", EVENT_TIME + (100000000).to_bytes(4, "big")),
        (b"1699999999.9999999999", EVENT_TIME + bytes(4)),
        (b"1700000000", pack(1700000000)),
        (b"0.25", pack(0.25)),
        (b"-1.5", pack(-1.5)),
        (b"1e400", pack(float("inf"))),
        (b"1e-400000000", pack(0.0)),
        (b"5e9", pack(5e9)),
        (b"null", pack(None)),
    ],
)
def test_times_are_exact_by_their_digits(written, packed):
    """A double cannot hold today's nanoseconds; EventTime can. Also of entries, with and without metadata."""
    assert payload_of(b'["t",' + written + b",{}]") == b"\x93\xa1t" + packed + b"\x80"
    entries = b'["t",[[' + written + b",{}],[[" + written + b",{}],{}]]]"
    assert payload_of(entries) == b"\x92\x92" + packed + b"\x80\x92\x92" + packed + b"\x80\x80"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b'"\xff"', b"\xff"),
        (rb'"\ud800"', b"\xed\xa0\x80"),
        (rb'"\ud83d\ude00"', "\U0001f600".encode()),
        (b'"a\tb\nc"', b"a\tb\nc"),
        (rb'"\"\\]}"', b'"\\]}'),
        (b"18446744073709551615", 2**64 - 1),
        (b"18446744073709551616", 2.0**64),
        (b"1" + b"0" * 400, float("inf")),
        (b"-1" + b"0" * 400, float("-inf")),
        (b"Infinity", float("inf")),
        (b"1.5", 1.5),
    ],
)
def test_values_keep_what_they_can(written, value):
    """Text keeps its bytes, also those that are not UTF-8; numbers past 64 bits become floats."""
    payload = payload_of(b'["t",1,{"k":' + written + b"}]")
    assert msgpack.unpackb(payload, raw=True)[2] == {b"k": value}


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (b'{"a": 1}', "message is not an array"),
        (b'["t",1,{}] {"a":1}', "message is not an array"),
        (b'["t",1,{}],', "broken JSON"),
        (b'["t",1,{}}', "broken JSON"),
        (b'["t",1,{"a"}]', "broken JSON"),
        (b'["t",1,{"a":tru}]', "broken JSON"),
        (b"[1,]", "broken JSON"),
        (b"[" + b"9" * 5000 + b"]", "broken JSON"),
        (b'["t",1,{}]\x93', "broken JSON"),
        (b'["t",1,{}]nulx', "broken JSON"),
        (b'["t",1,{}]5', "broken JSON"),
        (b'["t",1,{}]"x"', "broken JSON"),
        (b"[]", "message is too short"),
        (b'["t"]', "message is too short"),
        (b"[" * 257, "message is nested too deeply"),
        (b'["' + b"x" * 5000 + b'",1,{}]', "tag is too long"),
        (b"[" + b"1," * 16 + b"1]", "message has too many elements"),
    ],
)
def test_what_cannot_be_read_is_refused(wire, reason):
    """Whole or byte by byte, for the same reason, and what came before is kept."""
    assert refusal(wire) == refusal(*one_by_one(wire)) == reason


def test_a_null_is_a_heartbeat():
    """As nil is in msgpack; after a message, for the first byte must say that this is JSON."""
    assert [type(event) for event in events_of(b'["t",1,{}]null null\n')] == [ChunkReceived, Heartbeat, Heartbeat]


def test_a_message_at_the_end_that_is_not_whole_is_discarded():
    """Space after the last message is none."""
    assert events_of(b'["t",1,{}] \n', b"")[-1] == ConnectionClosed(0)
    assert events_of(b'["t",1,{}] ["t"', b"")[-1] == ConnectionClosed(4)


def test_an_unfinished_message_is_limited():
    """In length, by either limit, and what is held is told."""
    for limits in (Limits(max_message_bytes=100), Limits(max_json_bytes=100)):
        assert refusal(b'["' + b"x" * 99, limits=limits) == "message is too large"
        assert refusal(b'["' + b"x" * 99 + b'",1,{}]', limits=limits) == "message is too large"
    connection = ForwardConnection(Limits())
    connection.receive_data(b'["t",1,{}]  ["t",1,')
    drain(connection)
    assert (connection.unfinished_bytes, connection.is_amid_message) == (7, True)


def test_work_is_in_proportion_to_the_bytes():
    """A megabyte of text byte by byte, and of escapes, is looked at once; no memory grows beside it."""
    start = b'["t",1,{"k":"' + b"x" * 1000
    connection = ForwardConnection(Limits())
    connection.receive_data(start)
    tracemalloc.start()
    for _ in range(100_000):
        connection.receive_data(b"\\")
        connection.receive_data(b'"')
        assert drain(connection) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    connection.receive_data(b'"}]')
    (event,) = drain(connection)
    assert len(event.payload) == 101_000 + len(msgpack.packb(["t", 1, {"k": ""}])) + 4


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.text(max_size=4), JSON, max_size=4)


@settings(max_examples=100)
@given(st.lists(RECORDS, min_size=1, max_size=5), st.booleans(), st.integers(1, 40))
def test_json_says_the_same_as_msgpack(records, ensure_ascii, size):
    """Any records, escaped or not, in any cuts."""
    messages = [["t", number, record] for number, record in enumerate(records)]
    wire = "".join(json.dumps(message, ensure_ascii=ensure_ascii) for message in messages).encode()
    events = events_of(*(wire[at : at + size] for at in range(0, len(wire), size)))
    assert b"".join(event.payload for event in events) == b"".join(map(pack, messages))
