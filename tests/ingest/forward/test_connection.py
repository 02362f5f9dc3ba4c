"""What a connection reports for what senders write."""

from __future__ import annotations

import gzip

import pytest

from ingest.forward.connection import ForwardConnection, State
from ingest.forward.events import ChunkReceived, ConnectionClosed, Discarded, Event, Heartbeat, Malformed
from ingest.forward.limits import Limits
from logstore.model.chunk import Compression, Mode
from tests.ingest.forward.wire_samples import (
    FLUENTD_ID,
    drain,
    entries,
    events_of,
    fluentd,
    forward,
    members,
    message,
    one_by_one,
    pack,
    packed,
    packed_forward,
    text_forms,
)

FLB_ID = "c29tZSAxNiBieXRlcyBoZXJl"
ACK = b"\x81\xa3ack"

MODES: dict[str, tuple[bytes, ChunkReceived]] = {
    "message": (message(), ChunkReceived(Mode.MESSAGES, message(), rows_bound=1, ordinal=0)),
    "message, empty option": (message({}), ChunkReceived(Mode.MESSAGES, message({}), rows_bound=1, ordinal=0)),
    "message, nil option": (message(None), ChunkReceived(Mode.MESSAGES, message(None), rows_bound=1, ordinal=0)),
    "message, option without id": (
        message({"fluent_signal": 0}),
        ChunkReceived(Mode.MESSAGES, message({"fluent_signal": 0}), rows_bound=1, ordinal=0),
    ),
    "message with id": (
        message({"chunk": FLB_ID}),
        ChunkReceived(
            Mode.MESSAGES,
            message({"chunk": FLB_ID}),
            rows_bound=1,
            ordinal=0,
            tag=b"app.web",
            chunk_id=FLB_ID.encode(),
            reply=ACK + pack(FLB_ID),
            options=pack({"chunk": FLB_ID}),
        ),
    ),
    "forward": (
        forward(),
        ChunkReceived(Mode.FORWARD, pack(entries()), rows_bound=3, ordinal=0, tag=b"app.web"),
    ),
    "forward of Fluent Bit": (
        forward({"chunk": FLB_ID, "size": 3, "fluent_signal": 0}),
        ChunkReceived(
            Mode.FORWARD,
            pack(entries()),
            rows_bound=3,
            ordinal=0,
            tag=b"app.web",
            chunk_id=FLB_ID.encode(),
            reply=ACK + pack(FLB_ID),
            options=pack({"chunk": FLB_ID, "size": 3, "fluent_signal": 0}),
        ),
    ),
    "packed of Fluentd": (
        fluentd(packed(), {"size": 3, "compressed": "text", "chunk": FLUENTD_ID}),
        ChunkReceived(
            Mode.PACKED,
            packed(),
            rows_bound=len(packed()) + 1,
            ordinal=0,
            tag=b"app.web",
            chunk_id=FLUENTD_ID.encode(),
            reply=ACK + pack(FLUENTD_ID),
            options=pack({"size": 3, "compressed": "text", "chunk": FLUENTD_ID}),
        ),
    ),
    "gzip of Fluentd": (
        fluentd(members(), {"size": 3, "compressed": "gzip", "chunk": FLUENTD_ID}),
        ChunkReceived(
            Mode.PACKED,
            members(),
            rows_bound=len(members()) * 1032 + 1,
            ordinal=0,
            compression=Compression.GZIP,
            tag=b"app.web",
            chunk_id=FLUENTD_ID.encode(),
            reply=ACK + pack(FLUENTD_ID),
            options=pack({"size": 3, "compressed": "gzip", "chunk": FLUENTD_ID}),
        ),
    ),
    "zstd": (
        packed_forward({"compressed": "zstd"}, b"\x28\xb5\x2f\xfd..."),
        ChunkReceived(
            Mode.PACKED,
            b"\x28\xb5\x2f\xfd...",
            rows_bound=(256 << 20) + 1,
            ordinal=0,
            compression=Compression.ZSTD,
            tag=b"app.web",
            options=pack({"compressed": "zstd"}),
        ),
    ),
}


def only(events: list[Event]) -> Event:
    """The one event that there should be."""
    assert len(events) == 1, events
    return events[0]


def chunk_of(data: bytes) -> ChunkReceived:
    """The one chunk that these bytes make."""
    event = only(events_of(data))
    assert isinstance(event, ChunkReceived), event
    return event


@pytest.mark.parametrize("name", MODES)
def test_each_mode_is_read_whole(name):
    """A message in one read is reported with payload, id, reply and options as received."""
    wire, expected = MODES[name]
    assert events_of(wire) == [expected]


@pytest.mark.parametrize("name", MODES)
def test_each_mode_is_read_byte_by_byte(name):
    """A message split at every byte is reported just the same."""
    wire, expected = MODES[name]
    assert events_of(*one_by_one(wire)) == [expected]


@pytest.mark.parametrize("name", MODES)
def test_trailing_bytes_stay_for_the_next_read(name):
    """Bytes of the next message change nothing, and are discarded at the end of the stream."""
    wire, expected = MODES[name]
    half = forward()[:-4]
    assert events_of(wire + half, b"") == [expected, ConnectionClosed(discarded_bytes=len(half))]


def test_messages_in_one_read_come_in_order():
    """Three messages in one write are three chunks with rising ordinals."""
    wire = forward({"chunk": "a1"}) + packed_forward({"chunk": "a2"}) + message({"chunk": "a3"})
    events = events_of(wire)
    assert [(event.chunk_id, event.ordinal) for event in events] == [(b"a1", 0), (b"a2", 1), (b"a3", 2)]


def test_single_messages_that_arrive_together_become_one_chunk():
    """Neighbours without an id are one chunk; a message with an id, or of another mode, ends the run."""
    wire = message() * 3 + message({"chunk": "x"}) + message({}) * 2 + forward() + message()
    found = [(event.payload, event.messages, event.rows_bound, event.ordinal) for event in events_of(wire)]
    assert found == [
        (message() * 3, 3, 3, 0),
        (message({"chunk": "x"}), 1, 1, 3),
        (message({}) * 2, 2, 2, 4),
        (pack(entries()), 1, 3, 6),
        (message(), 1, 1, 7),
    ]


def test_messages_before_a_broken_one_are_kept():
    """What came whole before the stream broke is reported before the refusal."""
    events = events_of(message() * 2 + b"\xc1")
    assert events[0].payload == message() * 2
    assert isinstance(events[1], Malformed)


@pytest.mark.parametrize("tag", text_forms(b"app.web"))
@pytest.mark.parametrize("payload", text_forms(packed()))
def test_str_and_bin_of_any_width_are_alike(tag, payload):
    """Tag and entries may be any str or bin; the entries need not be UTF-8."""
    found = chunk_of(b"\x92" + tag + payload)
    assert (found.mode, found.tag, found.payload) == (Mode.PACKED, b"app.web", packed())


@pytest.mark.parametrize("key", text_forms(b"chunk"))
@pytest.mark.parametrize("value", text_forms(b"id"))
def test_the_ack_echoes_the_id_with_its_type(key, value):
    """Option keys may be any str or bin; the ack holds the id in exactly the encoding that came."""
    found = chunk_of(b"\x93" + pack("t") + pack(packed()) + b"\x81" + key + value)
    assert (found.chunk_id, found.reply) == (b"id", ACK + value)


@pytest.mark.parametrize(
    ("value", "chunk_id"), [("", b""), (7, b"\x07"), (0, b"\x00"), (True, b"\xc3"), ([1], b"\x91\x01")]
)
def test_odd_ids_are_echoed_too(value, chunk_id):
    """Whatever is neither nil nor false asks for an ack."""
    found = chunk_of(forward({"chunk": value}))
    assert (found.chunk_id, found.reply) == (chunk_id, ACK + pack(value))


@pytest.mark.parametrize("value", [None, False])
def test_nil_and_false_ask_for_no_ack(value):
    """An id that is nil or false is none."""
    found = chunk_of(forward({"chunk": value}))
    assert (found.chunk_id, found.reply) == (None, b"")


def test_the_last_of_two_ids_counts():
    """Of duplicate keys the last one wins, as everywhere."""
    wire = b"\x93" + pack("t") + pack([]) + b"\x82" + pack("chunk") + pack("a") + pack("chunk") + pack("b")
    assert chunk_of(wire).chunk_id == b"b"


@pytest.mark.parametrize("size", [-1, 0, 2**64 - 1, "many", None, [1, 2]])
def test_the_size_is_never_trusted(size):
    """A wrong `size` changes nothing."""
    assert chunk_of(forward({"size": size, "chunk": "x"})).rows_bound == 3


def test_options_written_as_map32_are_read():
    """Fluent Bit writes its option map with the widest header."""
    option = b"\xdf\x00\x00\x00\x01" + pack("chunk") + pack("x")
    found = chunk_of(b"\x93" + pack("t") + pack(entries()) + option)
    assert (found.chunk_id, found.options) == (b"x", option)


@pytest.mark.parametrize("option", ["text", 5, [], 1.5, True])
def test_an_option_that_is_no_map_is_noted(option):
    """It is passed over, and the events are kept."""
    found = chunk_of(forward(option))
    assert (found.rows_bound, found.notes) == (3, ("option is not a map",))
    assert chunk_of(message(option)).notes == ("option is not a map",)


def test_extra_elements_are_passed_over():
    """Elements after the option have no meaning."""
    assert chunk_of(pack(["t", entries(), {"chunk": "x"}, 1, {"chunk": "y"}])).chunk_id == b"x"


@pytest.mark.parametrize(
    ("payload", "compression"), [(members(), Compression.GZIP), (b"\x28\xb5\x2f\xfdrest", Compression.ZSTD)]
)
@pytest.mark.parametrize("option", [..., {}, {"compressed": "text"}])
def test_undeclared_compression_is_seen(payload, compression, option):
    """Compressed bytes are known by their magic number when the option does not name them."""
    found = chunk_of(packed_forward(option, payload))
    assert (found.compression, found.notes) == (compression, ("undeclared compression",))


@pytest.mark.parametrize("name", ["lz4", "GZIP", "gzip ", 5, b"\xff"])
def test_unknown_compression_is_taken_as_it_is(name):
    """Nobody can read the payload, and no retry could help: it is a chunk like others, marked, and of one row."""
    found = chunk_of(packed_forward({"compressed": name, "chunk": "x"}))
    assert (found.compression, found.notes) == (Compression.UNKNOWN, ("unknown compression",))
    assert (found.payload, found.rows_bound, found.reply) == (packed(), 1, b"\x81\xa3ack\xa1x")


def test_compression_is_for_packed_entries_only():
    """In the other modes the option has no meaning."""
    assert chunk_of(forward({"compressed": "lz4"})).mode is Mode.FORWARD


@pytest.mark.parametrize(("signal", "reason"), [(1, "metrics are not stored"), (2, "traces are not stored")])
def test_other_signals_are_acked_and_dropped(signal, reason):
    """Metrics and traces are no log events: acknowledged, so that they do not come again, and not stored."""
    event = only(events_of(forward({"chunk": "x", "fluent_signal": signal})))
    assert event == Discarded(reason, ACK + pack("x"))


@pytest.mark.parametrize("tag", [5, None, ["t"], {"a": 1}])
@pytest.mark.parametrize("wire", ["message", "forward", "packed"])
def test_a_tag_that_is_no_string_is_acked_and_dropped(tag, wire):
    """No retry can help such a message."""
    option = {"chunk": "x"}
    data = {"message": [tag, 1, {}, option], "forward": [tag, [], option], "packed": [tag, b"", option]}[wire]
    assert only(events_of(pack(data))) == Discarded("tag is not a string", ACK + pack("x"))


def test_hostile_tags_pass_as_they_are():
    """Tags are bytes: empty, with NUL, path parts, newlines or bad UTF-8."""
    for tag in (b"", b"../../etc", b"a\x00b", b"a\nb", b"\xff\xfe"):
        assert chunk_of(b"\x92" + text_forms(tag)[0] + pack(entries())).tag == tag


def test_time_written_as_text_is_a_packed_message():
    """The second element alone decides the mode; the decoder will find no entry in the digits."""
    found = chunk_of(pack(["t", "1700000000", {"message": "x"}]))
    assert (found.mode, found.payload, found.chunk_id) == (Mode.PACKED, b"1700000000", None)


def test_time_written_as_an_array_is_a_forward_message():
    """Likewise: the entries are what should have been time and metadata."""
    found = chunk_of(pack(["t", [1_700_000_000, {}], {"message": "x"}, {"chunk": "x"}]))
    assert (found.mode, found.rows_bound, found.chunk_id) == (Mode.FORWARD, 2, None)


def test_empty_chunks_are_acked():
    """No entries, but an id: there is a chunk to acknowledge, and it may be asked about later."""
    for wire in (pack(["t", [], {"chunk": "x"}]), pack(["t", b"", {"chunk": "x"}]), pack(["", [], {"chunk": "x"}])):
        found = chunk_of(wire)
        assert (found.rows_bound, found.reply) == (1, ACK + pack("x"))


@pytest.mark.parametrize("wire", [b"\xc0", pack(["", []])])
def test_heartbeats(wire):
    """Nil and `["", []]` only say that the sender lives."""
    assert events_of(wire * 2 + message()) == [
        Heartbeat(),
        Heartbeat(),
        ChunkReceived(Mode.MESSAGES, message(), 1, ordinal=2),
    ]


@pytest.mark.parametrize("root", [[], ["t"]])
def test_messages_that_are_too_short_are_refused(root):
    """An array of less than two elements is no message."""
    event = only(events_of(pack(root)))
    assert isinstance(event, Malformed)
    assert event.reason == "message is too short"


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", "HTTP request on the forward port"),
        (b"POST /api HTTP/1.1\r\n", "HTTP request on the forward port"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "TLS handshake on the plain forward port"),
        (b"\x81\xa1a\x01", "message is not an array"),
        (b"\x05", "message is not an array"),
        (b"Generic", "message is not an array"),
        (b"\x20\x20", "message is not an array"),
        (b'{"a": 1}', "message is not an array"),
        (b'["t", 1, {}}', "broken JSON"),
    ],
)
def test_what_is_no_message_is_named(start, reason):
    """The reason says what seems to be talking, whole or byte by byte, and nothing more is read."""
    for reads in ([start], one_by_one(start)):
        event = only(events_of(*reads, message()))
        assert isinstance(event, Malformed)
        assert event.reason == reason


def test_later_messages_are_looked_at_like_the_first():
    """A root that is no array is refused wherever it stands; `{` is JSON only as the very first byte."""
    events = events_of(message() + b'{"a"')
    assert [type(event) for event in events] == [ChunkReceived, Malformed]
    assert events[1].reason == "message is not an array"


def test_a_refused_connection_reads_no_more():
    """After a refusal bytes are thrown away and hold no memory; the end is still reported."""
    connection = ForwardConnection(Limits())
    connection.receive_data(b"\x05" + message())
    assert [type(event) for event in drain(connection)] == [Malformed]
    connection.receive_data(message() * 100)
    assert drain(connection) == []
    assert not connection.is_amid_message
    connection.receive_data(b"")
    assert drain(connection) == [ConnectionClosed(0)]
    assert connection.state is State.CLOSED


def test_the_end_is_reported_once():
    """An end of stream is one event, with nothing before it on a connection that said nothing."""
    assert events_of(b"", b"", b"") == [ConnectionClosed(0)]


def test_gzip_is_left_alone():
    """The payload is kept as received, whatever is in it."""
    broken = gzip.compress(b"x")[:-3]
    assert chunk_of(packed_forward({"compressed": "gzip"}, broken)).payload == broken
