"""Tests of decompression."""

import gzip
import random
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode import reasons
from ingest.decode.decompress import decompress
from ingest.decode.reasons import RejectedError
from logstore.model.chunk import Compression

PACK = {
    Compression.GZIP: gzip.compress,
    Compression.ZSTD: zstandard.ZstdCompressor(write_checksum=True).compress,
}
BOTH = pytest.mark.parametrize("compression", [Compression.GZIP, Compression.ZSTD])
PLENTY = 2**20


@BOTH
@given(pieces=st.lists(st.binary(max_size=5000), max_size=5))
def test_members_are_joined(compression, pieces):
    """Any number of members, none included, inflate to their contents one after the other."""
    payload = b"".join(map(PACK[compression], pieces))
    assert decompress(payload, compression, PLENTY) == b"".join(pieces)


@BOTH
@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_members_that_inflate_to_megabytes_are_joined(compression, size):
    """As Fluentd appends them, one for each large batch of events, and a small one at the end."""
    pieces = [b"a" * size, b"b" * size, b"c" * 7]
    payload = b"".join(map(PACK[compression], pieces))
    assert decompress(payload, compression, 2**24) == b"".join(pieces)


def test_uncompressed_is_itself():
    """Without compression there is nothing to do."""
    assert decompress(b"\x1f\x8b", Compression.NONE, 1) == b"\x1f\x8b"


def test_stored_blocks_inflate():
    """Fluent Bit's small gzip members are stored, not deflated."""
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)
    assert decompress(packer.compress(b"abc") + packer.flush(), Compression.GZIP, 3) == b"abc"


@BOTH
def test_each_truncation_is_rejected(compression):
    """Cut anywhere but at the end of a member, nothing of the chunk is kept."""
    member = PACK[compression](b"some text that goes on " * 20)
    for end in range(1, len(member)):
        with pytest.raises(RejectedError, match=reasons.COMPRESSED_TRUNCATED):
            decompress(member + member[:end], compression, PLENTY)


@BOTH
@pytest.mark.parametrize("garbage", [b"\0" * 40, b"garbage that is no member", b"\x92\xff"])
def test_garbage_after_the_last_member_is_rejected(compression, garbage):
    """Half a chunk must not pass for all of it."""
    with pytest.raises(RejectedError, match="compressed data is"):
        decompress(PACK[compression](b"abc") + garbage, compression, PLENTY)


@BOTH
def test_a_wrong_checksum_is_rejected(compression):
    """A flipped bit in the trailer shows."""
    member = bytearray(PACK[compression](b"abc" * 100))
    member[-4] ^= 1
    with pytest.raises(RejectedError, match="corrupt"):
        decompress(bytes(member), compression, PLENTY)


@BOTH
def test_the_limit_is_on_the_sum_of_the_members(compression):
    """Exactly the limit passes, one byte more does not, however it is spread over members."""
    member = PACK[compression](b"\0" * 1000)
    assert len(decompress(member * 3, compression, 3000)) == 3000
    with pytest.raises(RejectedError, match=reasons.COMPRESSED_TOO_LARGE):
        decompress(member * 3, compression, 2999)


@BOTH
def test_a_bomb_stops_at_the_limit(compression):
    """A hundred megabytes of zeros do not get far."""
    bomb = PACK[compression](b"\0" * 100_000_000)
    with pytest.raises(RejectedError, match=reasons.COMPRESSED_TOO_LARGE):
        decompress(bomb, compression, 1_000_000)


@pytest.mark.parametrize("slack", [-1, 0, 1])
def test_gzip_stops_one_byte_past_the_limit(slack):
    """Also where a member ends just where the pieces do in which it is inflated."""
    size = 3 * 2**20 + slack
    member = gzip.compress(bytes(size))
    assert decompress(member, Compression.GZIP, size) == bytes(size)
    with pytest.raises(RejectedError, match=reasons.COMPRESSED_TOO_LARGE):
        decompress(member, Compression.GZIP, size - 1)
    with pytest.raises(RejectedError, match=reasons.COMPRESSED_TRUNCATED):
        decompress(member[:-1], Compression.GZIP, size)


@BOTH
def test_long_members_that_hardly_shrink(compression):
    """They are read in slices that grow."""
    data = random.Random(1).randbytes(2**20)
    payload = PACK[compression](data) * 2
    assert decompress(payload, compression, 2**22) == data + data


def test_a_frame_with_a_hostile_window_is_rejected():
    """A frame may not ask for more window than senders' libraries ever use."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    frame = packer.compress(b"abc") + packer.flush()
    with pytest.raises(RejectedError, match=reasons.COMPRESSED_CORRUPT):
        decompress(frame, Compression.ZSTD, PLENTY)


@BOTH
@given(junk=st.binary(min_size=1))
def test_any_bytes_are_read_or_rejected(compression, junk):
    """Nothing but a rejection is ever raised."""
    try:
        decompress(junk, compression, PLENTY)
    except RejectedError as error:
        assert error.reason.startswith(("compressed data", "decompressed data"))  # noqa: PT017 - of either outcome


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20, 5 * 2**20 + 7])
@pytest.mark.parametrize("filling", [b"\0", b"some text of a log line "])
def test_members_larger_than_a_piece_follow_each_other(size, filling):
    """Where the end of a member lies in input and output makes no difference to those behind it."""
    member = (filling * size)[:size]
    payload = b"".join(gzip.compress(content) for content in (member, b"short", member, b"", member[:100_000]))
    assert decompress(payload, Compression.GZIP, 2**26) == member + b"short" + member + member[:100_000]
