"""How many events a payload can hold at most."""

from __future__ import annotations

import gzip

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
    assert packed_bound(len(plain), Compression.NONE, LIMIT) >= max(1, count)
    assert packed_bound(len(gzip.compress(plain)), Compression.GZIP, LIMIT) >= max(1, count)


def test_the_limit_on_inflating_bounds_what_is_compressed():
    """No more is ever inflated, whatever the compressed length."""
    most = LIMIT + 1
    assert packed_bound(0, Compression.ZSTD, LIMIT) == most
    assert packed_bound(LIMIT, Compression.GZIP, LIMIT) == most
