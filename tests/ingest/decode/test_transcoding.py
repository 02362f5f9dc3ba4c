"""Tests of ingest.decode.transcoding."""

import gzip
import json

import msgpack
import pytest
import zstandard

from ingest.decode.changes import INTEGER_ROUNDED, TIME_MISSING, TIME_UNREADABLE
from ingest.decode.decoder import PlainDecoder
from ingest.decode.reasons import (
    COMPRESSED_CORRUPT,
    COMPRESSED_TOO_LARGE,
    NOT_AN_OBJECT,
    NOT_JSON,
    TOO_MANY_REJECTED,
)
from ingest.decode.rejects import MOST_REJECTED
from ingest.decode.settings import DecodeSettings
from ingest.decode.transcode import choose_transcoders
from ingest.decode.transcoding import TranscodingDecoder
from logstore.model.batch import Rejection
from logstore.model.chunk import Chunk, Compression, Entry, Mode

NS = 1_795_348_800_000_000_000
LIMIT = 1 << 20


@pytest.fixture
def decoder():
    """A decoder of every mode."""
    settings = {0: DecodeSettings(max_decompressed_bytes=LIMIT)}
    return TranscodingDecoder(PlainDecoder(settings), settings, choose_transcoders())


def entry(payload, seq=1, mode=Mode.JSON, compression=Compression.NONE, bound=1000):
    """A log entry."""
    return Entry(seq, Chunk(mode, payload, bound, NS, compression, b"t", "t"))


def test_events_are_decoded_among_those_of_other_modes(decoder):
    """In the order of the log, each with its sequence number."""
    packed = msgpack.packb([NS // 10**9, {"message": "two"}])
    entries = [
        entry(b'{"msg":"one","time":"2026-11-22T12:00:01Z","level":"WARN","k":{"a":1}}\nbad', 1),
        entry(packed, 1001, Mode.PACKED),
        entry(msgpack.packb({"log": "three", "tag": "own"}), 2001, Mode.RECORDS),
    ]
    decoded = decoder.decode(entries)
    table = decoded.batch.table
    assert table.column("message").to_pylist() == ["one", "two", "three"]
    assert table.column("_seq").to_pylist() == [1, 1001, 2001]
    assert table.column("tag").to_pylist() == ["t", "t", "own"]
    assert table.column("level").to_pylist() == ["warn", None, None]
    assert table.column("k.a").to_pylist() == [1, None, None]
    assert decoded.rejections == (Rejection(2, NOT_JSON),)
    assert decoded.changes == {TIME_MISSING: 1}


def test_reasons_and_changes_are_those_of_the_body(decoder):
    """Not of the messages that it became."""
    body = b'nonsense\n5\n{"time":"soon","n":%s}\n' % (b"9" * 30)
    decoded = decoder.decode([entry(body, 10)])
    assert decoded.rejections == (Rejection(10, NOT_JSON), Rejection(11, NOT_AN_OBJECT))
    assert decoded.changes == {TIME_UNREADABLE: 1, INTEGER_ROUNDED: 1}
    assert decoded.batch.time_min_ns == NS


@pytest.mark.parametrize(
    ("compression", "compress"), [(Compression.GZIP, gzip.compress), (Compression.ZSTD, zstandard.compress)]
)
def test_compressed_bodies(decoder, compression, compress):
    """Whole ones are read; damaged ones, and those that inflate to too much, are rejected whole, and no others."""
    good = compress(json.dumps({"a": 1}).encode())
    bomb = compress(bytes(LIMIT + 1))
    entries = [
        entry(payload, seq, Mode.JSON, compression)
        for seq, payload in enumerate([bomb, good, b"\x00" + good, good + good], 1)
    ]
    entries = [Entry(1000 * one.seq, one.chunk) for one in entries]
    decoded = decoder.decode(entries)
    assert decoded.rejections == (Rejection(1000, COMPRESSED_TOO_LARGE), Rejection(3000, COMPRESSED_CORRUPT))
    assert decoded.batch.table.column("_seq").to_pylist() == [2000, 4000, 4001]


def test_too_many_rejections_are_told_as_such(decoder):
    """The rest of the body is not worth reading."""
    decoded = decoder.decode([entry(b"x\n" * (MOST_REJECTED + 10), 1, bound=10**6)])
    assert len(decoded.rejections) == MOST_REJECTED + 1
    assert decoded.rejections[-1] == Rejection(MOST_REJECTED + 1, TOO_MANY_REJECTED)


def test_what_lies_past_the_bound_takes_no_place_of_another_entry(decoder):
    """A bound that was too small costs events, and never mixes two chunks up."""
    for body in (b'{"a":1}\n' * 5, b"x\n" * 5, b'{"a":1}\nx\n{"a":1}\nx\n{"a":1}\n'):
        decoded = decoder.decode([entry(body, 1, bound=2), entry(b"{}", 3)])
        seqs = [*decoded.batch.table.column("_seq").to_pylist(), *(one.seq for one in decoded.rejections)]
        assert 3 in seqs
        assert set(seqs) <= {1, 2, 3}
        assert seqs.count(3) == 1


def test_how_entries_are_grouped_makes_no_difference(decoder):
    """Each is decoded as it would be alone."""
    bodies = [b'{"a":1}\nx\n', b'[{"a":"b"},{"c":[1]},', b"5", b'{"time":1795348801}']
    entries = [entry(body, 100 * seq) for seq, body in enumerate(bodies, 1)]
    together = decoder.decode(entries)
    apart = [decoder.decode([one]) for one in entries]
    assert list(together.rejections) == [rejection for one in apart for rejection in one.rejections]
    assert together.batch.rows == sum(one.batch.rows for one in apart)
