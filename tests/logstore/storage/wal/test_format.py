"""Bytes of the log: what goes in comes out, whatever is cut or flipped is noticed."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.chunk import Chunk, Compression, Mode
from logstore.storage.wal.format import (
    HEADER_BYTES,
    VERSION,
    LoggedEntry,
    Position,
    SegmentHeader,
    decode_header,
    encode_head,
    encode_header,
    make_record,
)
from logstore.storage.wal.reader import Damage, scan_segment

SALT = 0xC0FFEE

U64 = st.integers(0, 2**64 - 1)
CHUNKS = st.builds(
    Chunk,
    mode=st.sampled_from(Mode),
    payload=st.binary(max_size=60),
    rows_bound=st.integers(1, 1000),
    received_ns=st.integers(-(2**63), 2**63 - 1),
    compression=st.sampled_from(Compression),
    wire_tag=st.binary(max_size=9),
    tag=st.text(max_size=9),
    tenant=st.text(max_size=9),
    listener=st.text(max_size=9),
    peer=st.text(max_size=9),
    connection=U64,
    ordinal=U64,
    chunk_id=st.none() | st.binary(max_size=9),
    options=st.binary(max_size=9),
    repeat=st.booleans(),
    settings=U64,
    source_host=st.text(max_size=9),
    tag_rule=st.text(max_size=9),
)


def segment_of(chunks: list[Chunk]) -> tuple[bytes, list[LoggedEntry], list[int]]:
    """A segment's bytes, its entries, and where each of them starts; the last number is where the segment ends."""
    data = encode_header(SegmentHeader(1, SALT, None))
    seq, entries, starts = 1, [], []
    for one in chunks:
        record = make_record(seq, one)
        starts.append(len(data))
        data += encode_head(record, SALT) + one.payload
        entries.append(record.logged)
        seq = record.logged.entry.end
    return data, entries, [*starts, len(data)]


@given(st.lists(CHUNKS, max_size=5))
def test_entries_come_back(chunks):
    """Every field of every chunk survives, with its sequence number and the CRC of its payload."""
    data, entries, ends = segment_of(chunks)
    scan = scan_segment(data, len(data), SALT, "x")
    assert list(scan.entries) == entries
    assert (scan.damage, scan.tail, scan.good_end) == ((), None, ends[-1])


@given(
    st.builds(
        SegmentHeader, U64, st.integers(0, 2**32 - 1), st.none() | st.builds(Position, st.integers(0, 2**64 - 2), U64)
    )
)
def test_headers_come_back(header):
    """A header survives; cut short anywhere it is none."""
    data = encode_header(header)
    assert decode_header(data, "x") == header
    assert all(decode_header(data[:end], "x") is None for end in range(HEADER_BYTES))


def some_chunks() -> list[Chunk]:
    """Five chunks; one payload holds what looks like an entry of another segment."""
    record = make_record(99, Chunk(Mode.PACKED, b"forged", 1, 0))
    forged = encode_header(SegmentHeader(99, 0, None)) + encode_head(record, 0) + b"forged"
    payloads = [b"first", forged, b"", b"x" * 100, b"last"]
    return [Chunk(Mode.PACKED, payload, 2, 7, tag="t", chunk_id=b"id") for payload in payloads]


def test_truncation_at_every_byte():
    """Cut anywhere, the whole entries before the cut come back and the rest is the tail."""
    data, entries, ends = segment_of(some_chunks())
    for cut in range(HEADER_BYTES, len(data)):
        scan = scan_segment(data[:cut], len(data), SALT, "x")
        whole = sum(end <= cut for end in ends[1:])
        assert list(scan.entries) == entries[:whole]
        assert scan.damage == ()
        assert scan.tail == (None if cut in ends else Damage(ends[whole], cut))


def test_a_flip_of_any_byte_costs_one_entry():
    """Any changed byte makes exactly its own entry disappear, and is told as damage or, at the end, as the tail."""
    data, entries, ends = segment_of(some_chunks())
    for place in range(HEADER_BYTES, len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 + place % 255
        scan = scan_segment(bytes(flipped), len(data), SALT, "x")
        hit = max(number for number, start in enumerate(ends[:-1]) if start <= place)
        assert list(scan.entries) == entries[:hit] + entries[hit + 1 :]
        lost = Damage(ends[hit], ends[hit + 1])
        is_last = hit == len(entries) - 1
        assert (scan.damage, scan.tail) == (((), lost) if is_last else ((lost,), None))


def test_a_flip_of_any_header_byte_is_noticed():
    """A damaged header is none."""
    data = encode_header(SegmentHeader(1, SALT, Position(5, 6)))
    for place in range(HEADER_BYTES):
        flipped = bytearray(data)
        flipped[place] ^= 0x55
        assert decode_header(bytes(flipped), "x") is None


@given(st.binary(max_size=300))
def test_noise_holds_no_entries(noise):
    """Bytes that were never written as entries yield none, and reading them ends."""
    scan = scan_segment(bytes(HEADER_BYTES) + noise, 10**6, SALT, "x")
    assert scan.entries == ()


def test_entries_of_another_salt_do_not_count():
    """An old entry on a reused block, or one that a sender forged, has another salt and is damage."""
    data, _, _ = segment_of(some_chunks())
    assert scan_segment(data, len(data), SALT + 1, "x").entries == ()


def as_before(chunk: Chunk) -> tuple[bytes, LoggedEntry]:
    """An entry as it was written before entries had a source host and a tag rule."""
    record = make_record(1, replace(chunk, source_host="", tag_rule=""))
    numbers, lengths = 56, 7 * 4
    meta = record.meta[: numbers + lengths] + record.meta[numbers + lengths + 8 :]
    prefix = struct.pack("<4sIII", b"LSWE", SALT, len(meta), len(chunk.payload))
    head = prefix + struct.pack("<I", crc32c(meta, crc32c(prefix))) + meta
    return head + chunk.payload, record.logged


@given(CHUNKS, CHUNKS)
def test_entries_of_before_are_read(before, now):
    """Those that have fewer texts, also among others."""
    old, logged = as_before(before)
    record = make_record(logged.entry.end, now)
    data = encode_header(SegmentHeader(1, SALT, None)) + old + encode_head(record, SALT) + now.payload
    assert scan_segment(data, len(data), SALT, "x").entries == (logged, record.logged)


def test_entries_of_an_unknown_layout_are_refused():
    """Texts that do not fill their block are those of another version, not damage and not a bug."""
    record = make_record(1, Chunk(Mode.PACKED, b"x", 1, 7, wire_tag=b"abc", tag="abc"))
    strange = encode_head(replace(record, meta=record.meta + b"more"), SALT) + b"x"
    data = encode_header(SegmentHeader(1, SALT, None)) + strange
    with pytest.raises(CorruptionError, match="start the version of Logstore that wrote"):
        scan_segment(data, len(data), SALT, "x")


def test_newer_versions_are_refused():
    """A header of a later version is intact but unreadable, which is an error with a remedy, not damage."""
    data = bytearray(encode_header(SegmentHeader(1, SALT, None)))
    data[4] = VERSION + 1
    data[-4:] = crc32c(bytes(data[:-4])).to_bytes(4, "little")
    with pytest.raises(CorruptionError, match="start the version of Logstore that wrote"):
        decode_header(bytes(data), "x")


def test_what_does_not_fit_is_a_value_error():
    """A field beyond the format's width is refused before anything is written."""
    sound = some_chunks()[0]
    for bad in (replace(sound, rows_bound=0), replace(sound, connection=-1), replace(sound, settings=2**64)):
        with pytest.raises(ValueError, match=r"rows_bound|fit"):
            make_record(1, bad)
