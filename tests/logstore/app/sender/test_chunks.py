"""Tests of logstore.app.sender.chunks."""

import gzip

import msgpack

from logstore.app.sender.chunks import Batcher, make_chunk


def test_a_chunk_looks_like_fluentds():
    """PackedForward with size, compressed and a 25-character id that ends in a line feed."""
    chunk = make_chunk("t", b"\x92\x01\x80", 1, bytes(16))
    tag, entries, options = msgpack.unpackb(chunk.message)
    assert (tag, entries) == ("t", b"\x92\x01\x80")
    assert options == {"size": 1, "compressed": "text", "chunk": "AAAAAAAAAAAAAAAAAAAAAA==\n"}
    assert chunk.chunk_id == options["chunk"].encode()


def test_a_compressed_chunk_says_so():
    """The entries are one gzip member."""
    _, entries, options = msgpack.unpackb(make_chunk("t", b"\x92\x01\x80", 1, bytes(16), compress=True).message)
    assert gzip.decompress(entries) == b"\x92\x01\x80"
    assert options["compressed"] == "gzip"


def test_a_batcher_makes_a_chunk_when_it_is_full_and_when_told():
    """No entry is lost or repeated, none waits past `flush`."""
    batcher = Batcher("t", bytes, max_bytes=4)
    assert batcher.add(b"abc") is None
    full = batcher.add(b"de")
    assert full is not None
    assert (full.events, msgpack.unpackb(full.message)[1]) == (2, b"abcde")
    assert batcher.flush() is None
    batcher.add(b"f")
    last = batcher.flush()
    assert last is not None
    assert last.events == 1
