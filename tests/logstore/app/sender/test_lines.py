"""Tests of logstore.app.sender.lines."""

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from logstore.app.sender.lines import LineSplitter, entry_of, record_of


def test_json_objects_are_records_and_all_else_is_text():
    """Only a whole JSON object is a record."""
    assert record_of(b'{"a": 1}', "message") == {"a": 1}
    for line in (b"[1]", b'{"a":', b"plain", b"{} x"):
        assert record_of(line, "log") == {"log": line.decode()}


def test_an_entry_keeps_nanoseconds_and_bytes():
    """Times are EventTime; bytes that are no UTF-8 go out as they came in."""
    time, record = msgpack.unpackb(entry_of(b"caf\xe9", "m", 5_000_000_007), raw=True)
    assert (time.code, time.data) == (0, bytes([0, 0, 0, 5, 0, 0, 0, 7]))
    assert record == {b"m": b"caf\xe9"}


@given(st.binary(), st.lists(st.integers(0, 50)))
def test_lines_do_not_depend_on_how_the_bytes_arrive(data, cuts):
    """Any split of the stream gives the same lines."""
    whole = LineSplitter()
    expected = whole.feed(data) + whole.finish()
    pieces, start = LineSplitter(), 0
    lines = []
    for cut in sorted(cuts):
        lines += pieces.feed(data[start:cut] if cut > start else b"")
        start = max(start, cut)
    assert lines + pieces.feed(data[start:]) + pieces.finish() == expected
