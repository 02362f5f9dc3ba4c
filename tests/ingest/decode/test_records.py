"""Tests of ingest.decode.records."""

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.records import transcode_records
from ingest.decode.rejects import Reject
from tests.ingest.decode.json_bodies import RECEIVED_NS, messages, read
from tests.ingest.decode.wire import event_time

TIME = event_time(1_795_348_800)
RECEIVED = event_time(RECEIVED_NS // 10**9, RECEIVED_NS % 10**9)
PACKED_TIME = msgpack.packb(msgpack.ExtType(TIME.code, TIME.data))
A, B = msgpack.packb({"a": 1}), msgpack.packb({"b": 2})


@pytest.mark.parametrize(
    ("body", "times", "records"),
    [
        (b"", [], []),
        (A + B, [RECEIVED, RECEIVED], [[("a", 1)], [("b", 2)]]),
        (b"\x92" + A + B, [RECEIVED, RECEIVED], [[("a", 1)], [("b", 2)]]),
        (b"\x91" + A, [RECEIVED], [[("a", 1)]]),
        (b"\x92" + PACKED_TIME + A, [TIME], [[("a", 1)]]),
        (b"\x92" + b"\x92" + PACKED_TIME + A + b"\x92\x05" + B, [TIME, 5], [[("a", 1)], [("b", 2)]]),
        (msgpack.packb({"time": "2026-11-22T12:00:00Z", "a": 1}), [TIME], [[("a", 1)]]),
        (msgpack.packb({"a": 1, "ts": 1_795_348_800}), [TIME], [[("a", 1)]]),
        (msgpack.packb({"ts": 1_795_348_800.0, "time": True}), [TIME], [[("time", True)]]),
        (b"\x81\xa4time" + PACKED_TIME, [TIME], [[]]),
        (b"\x81\xc4\x04time" + PACKED_TIME, [TIME], [[]]),
        (msgpack.packb({"time": None}), [RECEIVED], [[("time", None)]]),
    ],
)
def test_records_become_messages(body, times, records):
    """Maps, entries, and arrays of them."""
    made = read(transcode_records, body)
    assert [message[1] for message in messages(made)] == times
    assert [message[2] for message in messages(made)] == records
    assert not made.rejected


def test_metadata_stays_with_its_entry():
    """As the option of a message."""
    body = b"\x92\x92" + PACKED_TIME + msgpack.packb({"m": 1}) + A
    assert messages(read(transcode_records, body)) == [["http", TIME, [("a", 1)], [("metadata", [("m", 1)])]]]


def test_a_text_under_tag_is_the_tag():
    """And a time that cannot be read leaves the receive time."""
    made = read(transcode_records, msgpack.packb({"tag": "web", "time": "soon"}))
    assert messages(made) == [["web", RECEIVED, [("time", "soon")]]]
    assert made.unreadable_times == 1


@pytest.mark.parametrize(
    ("body", "rejected"),
    [
        (b"\x01" + A, [(0, Reject.NOT_A_RECORD)]),
        (b"\x93\x01" + A + b"\xa1x", [(0, Reject.NOT_A_RECORD), (2, Reject.NOT_A_RECORD)]),
        (A + b"\xc1" + B, [(1, Reject.NOT_MSGPACK)]),
        (A + B[:-1], [(1, Reject.TRUNCATED)]),
        (b"\xdd\xff\xff\xff\xff" + A, [(0, Reject.TRUNCATED)]),
    ],
)
def test_what_is_no_record_is_rejected_in_its_place(body, rejected):
    """And what comes after it is read, as long as it is msgpack."""
    assert read(transcode_records, body).rejected == rejected


@given(st.binary(max_size=60))
def test_any_bytes_are_taken(body):
    """It ends, and every event has its place."""
    made = read(transcode_records, body)
    assert len(messages(made)) >= len(made.rejected)


def test_a_tag_is_not_repeated_without_end():
    """Events past the bound on copies are rejected, as one."""
    made = read(transcode_records, b"\x80" * 50, tag=b"x" * 68, most_copied=1000)
    assert made.rejected == [(10, Reject.TOO_MUCH_COPIED)]
