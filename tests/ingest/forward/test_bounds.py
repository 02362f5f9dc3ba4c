"""How many events a payload can hold at most."""

from __future__ import annotations

import gzip

import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ingest.forward.bounds import packed_bound
from ingest.forward.limits import MIB
from logstore.model.chunk import Compression

SMALLEST = b"\x00"
LIMIT = 256 * MIB


@given(st.integers(0, 200_000))
def test_the_smallest_values_stay_within_the_bound(count):
    """However many of the smallest values there are, entries or not, plain or in gzip."""
    plain = SMALLEST * count
    assert packed_bound(plain, Compression.NONE, LIMIT) >= max(1, count)
    assert packed_bound(gzip.compress(plain), Compression.GZIP, LIMIT) >= max(1, count)
    assert packed_bound(zstandard.compress(plain), Compression.ZSTD, LIMIT) >= max(1, count)


def test_the_limit_on_inflating_bounds_what_is_compressed():
    """No more is ever inflated, whatever the compressed length, and damaged bytes may become as much."""
    most = MIB + 1
    assert packed_bound(zstandard.compress(bytes(8 * MIB)), Compression.ZSTD, MIB) == most
    assert packed_bound(b"no zstd at all", Compression.ZSTD, MIB) == most
    assert packed_bound(bytes(MIB), Compression.GZIP, MIB) == most


def test_zstd_takes_few_sequence_numbers():
    """What its blocks become bounds it, not what anything compressed may become."""
    assert packed_bound(zstandard.compress(b"an event" * 1000), Compression.ZSTD, LIMIT) <= 128 * 1024 + 1


def test_an_unknown_compression_takes_one_number():
    """No event comes of it."""
    assert packed_bound(b"whatever", Compression.UNKNOWN, LIMIT) == 1
