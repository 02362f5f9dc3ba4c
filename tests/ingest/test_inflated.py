"""Tests of ingest.inflated."""

import gzip

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.inflated import most_inflated
from logstore.model.chunk import Compression

LIMIT = 2**28
PIECES = st.lists(st.binary(max_size=300) | st.integers(0, 400_000).map(bytes), max_size=4)


@given(PIECES, st.integers(1, 19), st.booleans(), st.booleans(), st.booleans())
def test_zstd_becomes_no_more_than_told(pieces, level, checksum, size, several):
    """However it was written: levels, checksums, sizes in the head or not, one frame or several, streamed or not."""
    compressor = zstandard.ZstdCompressor(level=min(level, 5), write_checksum=checksum, write_content_size=size)
    data = b"".join(pieces)
    if several:
        payload = b"".join(map(compressor.compress, pieces))
    else:
        stream = compressor.compressobj()
        payload = b"".join([*map(stream.compress, pieces), stream.flush()])
    assert len(data) <= most_inflated(payload, Compression.ZSTD, LIMIT) <= LIMIT


def test_small_bodies_count_little():
    """A bound far above what is there would use up sequence numbers."""
    payload = zstandard.compress(b'{"a":1}\n' * 1000)
    assert most_inflated(payload, Compression.ZSTD, LIMIT) <= 128 * 1024


@given(PIECES)
def test_gzip_becomes_no_more_than_told(pieces):
    """Whatever was in it."""
    payload = b"".join(map(gzip.compress, pieces))
    assert sum(map(len, pieces)) <= most_inflated(payload, Compression.GZIP, LIMIT) <= LIMIT


@given(st.binary(max_size=50).map(lambda data: b"\x28\xb5\x2f\xfd" + data) | st.binary(max_size=50))
def test_damaged_bytes_are_bounded_by_the_limit(payload):
    """The walk ends for any bytes."""
    assert 0 <= most_inflated(payload, Compression.ZSTD, 1000) <= 1000


def test_many_blocks_are_not_walked():
    """Blocks without content, tens of millions of them, would take the server's time."""
    payload = b"\x28\xb5\x2f\xfd\x00\x00" + b"\x00\x00\x00" * 2_000_000
    assert most_inflated(payload, Compression.ZSTD, LIMIT) == LIMIT


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_what_is_not_compressed_is_as_long_as_it_is(size):
    """No more and no less."""
    assert most_inflated(bytes(size), Compression.NONE, LIMIT) == size
