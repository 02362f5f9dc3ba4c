"""Tests of reading msgpack: the fast reader, the careful one, and that they agree."""

import math
import tracemalloc

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode import read, reasons, scan
from ingest.decode.read import read_values
from ingest.decode.scan import Malformed, find_end, scan_values
from ingest.decode.values import Ext, lookup
from tests.ingest.decode.strategies import VALUES
from tests.ingest.decode.wire import pack

DEEP = 400


def shown(values):
    """Values in a form in which NaN equals NaN and 1 is not True."""
    return [repr(value) for value in values]


@given(st.lists(VALUES, max_size=5))
@settings(max_examples=200)
def test_what_was_packed_is_read(values):
    """Both readers give back every value, type and all."""
    data = b"".join(map(pack, values))
    assert shown(read_values(data, 0, DEEP)) == shown(values)
    assert shown(scan_values(data, 0, DEEP)) == shown(values)


@given(st.binary(max_size=60) | st.lists(st.sampled_from(range(256)), max_size=30).map(bytes))
@settings(max_examples=500)
def test_both_readers_agree_on_any_bytes(data):
    """For any bytes, also where they go wrong."""
    assert shown(read_values(data, 0, DEEP)) == shown(scan_values(data, 0, DEEP))


@given(st.lists(VALUES, min_size=1, max_size=4), st.data())
def test_a_good_start_is_kept(values, data):
    """Cut within the last value, all before it are read, and the loss is told."""
    whole = b"".join(map(pack, values))
    last = len(pack(values[-1]))
    cut = whole[: len(whole) - data.draw(st.integers(1, last))]
    lost = [Malformed(reasons.TRUNCATED, final=True)] if len(cut) > len(whole) - last else []
    assert shown(read_values(cut, 0, DEEP)) == shown([*values[:-1], *lost])


def test_the_byte_that_is_no_msgpack():
    """c1 ends the reading, alone or within a value."""
    bad = Malformed(reasons.BAD_MSGPACK, final=True)
    assert list(read_values(b"\x01\xc1\x02", 0, DEEP)) == [1, bad]
    assert list(read_values(b"\x01\x92\x05\xc1\x02", 0, DEEP)) == [1, bad]


def test_every_form_of_text_and_bytes():
    """All lengths of header give the same text or bytes."""
    texts = [b"\xa2hi", b"\xd9\x02hi", b"\xda\0\x02hi", b"\xdb\0\0\0\x02hi"]
    binaries = [b"\xc4\x02hi", b"\xc5\0\x02hi", b"\xc6\0\0\0\x02hi"]
    for reader in (read_values, scan_values):
        assert list(reader(b"".join(texts), 0, DEEP)) == ["hi"] * 4
        assert list(reader(b"".join(binaries), 0, DEEP)) == [b"hi"] * 3


def test_maps_keep_order_duplicates_and_any_key():
    """A map is its pairs."""
    assert list(read_values(b"\x83\xa1a\x01\xa1a\x02\x91\x01\x03", 0, DEEP)) == [(("a", 1), ("a", 2), ([1], 3))]


def test_a_value_nested_too_deep_does_not_stop_the_rest():
    """Past the library's own limit too, the next value is read."""
    deep = b"\x91" * 5000 + b"\x01"
    values = list(read_values(b"\x01" + deep + b"\x02", 0, 64))
    assert values == [1, Malformed(reasons.TOO_DEEP, final=False), 2]


def test_timestamps_that_the_library_refuses_do_not_stop_the_rest():
    """Impossible nanoseconds and lengths are plain extension values."""
    data = b"\xd7\xff" + b"\xff" * 8 + b"\xc7\x03\xffabc" + b"\x07"
    assert list(read_values(data, 0, DEEP)) == [Ext(-1, b"\xff" * 8), Ext(-1, b"abc"), 7]


@pytest.mark.parametrize(
    "head", [b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff"]
)
def test_claimed_lengths_cost_nothing(head):
    """Five bytes that claim four thousand million values do not take memory."""
    tracemalloc.start()
    try:
        assert list(read_values(b"\x01" + head, 0, DEEP)) == [1, Malformed(reasons.TRUNCATED, final=True)]
        assert list(read_values(head * 400, 0, DEEP))[-1].reason in (reasons.TRUNCATED, reasons.TOO_DEEP)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_claims_within_claims_are_not_followed():
    """What cannot end within the payload is known at its head: a megabyte of heads is one look."""
    heads = b"\xdd\xff\xff\xff\xff" * 200_000
    tried = []

    def counted(data, offset):
        tried.append(offset)
        return _read_head(data, offset)

    _read_head = scan.read_head
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "read_head", counted)
        assert list(read_values(heads, 0, DEEP)) == [Malformed(reasons.TRUNCATED, final=True)]
    assert len(tried) == 1


@given(st.lists(VALUES, max_size=5), st.binary(max_size=5), st.integers(1, 9))
def test_reading_in_slices_makes_no_difference(values, junk, size):
    """Values lie across the slices in which the library is fed."""
    data = b"".join(map(pack, values)) + junk
    whole = shown(read_values(data, 0, DEEP))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "_SLICE_BYTES", size)
        assert shown(read_values(data, 0, DEEP)) == whole


def test_long_arrays_are_read():
    """Arrays longer than what the fast reader takes are read by the other."""
    data = msgpack.packb([list(range(100_000)), 1])
    assert list(read_values(data + b"\x05", 0, 64)) == [[list(range(100_000)), 1], 5]


def test_an_end_is_found_without_reading():
    """The end of a value, and floats of both widths on the way."""
    data = b"\x92\xca\x7f\x80\0\0\xcb" + b"\0" * 8
    assert find_end(data, 0) == len(data)
    assert list(scan_values(data, 0, 64)) == [[math.inf, 0.0]]


def test_looking_up_a_key():
    """The last key of that name counts, as text or as bytes."""
    assert lookup((("a", 1), (b"a", 2), (1, 3)), "a") == 2
    assert lookup((), "a") is None
