"""Checksums of parts."""

from __future__ import annotations

import pytest
from crc32c import crc32c
from hypothesis import given
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.storage.part.checksums import BLOCK_BITS, Checksums, Summing
from tests.logstore.storage.part.sums import sum_up

_BLOCK = 1 << BLOCK_BITS
_CONTENT = bytes(range(256)) * (3 * _BLOCK // 256) + b"the rest"


def test_a_block_has_the_crc_of_its_bytes() -> None:
    """The layout: a header of 12 bytes, then a CRC-32C of each 64 KiB, little-endian, the last of what is left."""
    packed = sum_up(_CONTENT)
    sums = [crc32c(_CONTENT[start : start + _BLOCK]) for start in range(0, len(_CONTENT), _BLOCK)]
    assert packed[:12] == b"\x01\x10\x00\x00" + len(_CONTENT).to_bytes(8, "little")
    assert packed[12:] == b"".join(one.to_bytes(4, "little") for one in sums)


@given(st.lists(st.integers(0, 2 * _BLOCK + 5), max_size=6))
def test_pieces_do_not_matter(sizes: list[int]) -> None:
    """However a file is cut while it is written, its checksums are the same."""
    summing, start, pieces = Summing(), 0, []
    for size in sizes:
        pieces.append(memoryview(_CONTENT)[start : start + size])
        start += size
    assert [list(one) for one in summing.through([pieces[:2], pieces[2:]])] == [pieces[:2], pieces[2:]]
    assert summing.packed() == sum_up(_CONTENT[:start])


def test_an_empty_file_has_no_blocks() -> None:
    """There is nothing to check in nothing."""
    assert len(Checksums(sum_up(b""), "p")) == 0


@given(st.integers(0, len(_CONTENT) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_found_with_its_block(place: int, bit: int) -> None:
    """Whichever bit flips, the check says in which block."""
    sums, damaged = Checksums(sum_up(_CONTENT), "p.parquet"), bytearray(_CONTENT)
    damaged[place] ^= 1 << bit
    with pytest.raises(CorruptionError, match=r"p\.parquet at byte") as caught:
        sums.check(0, damaged)
    assert caught.value.offset == place // _BLOCK * _BLOCK
    first = place // _BLOCK + 1
    sums.check(first, memoryview(damaged)[first * _BLOCK :])


def test_a_range_of_bytes_lies_in_blocks() -> None:
    """The blocks of a range are those that hold at least one byte of it, and none beyond the end."""
    sums = Checksums(sum_up(_CONTENT), "p")
    assert sums.blocks(0, _BLOCK) == range(1)
    assert sums.blocks(_BLOCK - 1, _BLOCK + 1) == range(2)
    assert sums.blocks(3 * _BLOCK, 99 * _BLOCK) == range(3, 4)


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        (b"\x01", "cut short"),
        (b"\x02" + sum_up(_CONTENT)[1:], "version 2 is unknown"),
        (sum_up(_CONTENT)[:-4], "do not fit"),
    ],
)
def test_what_is_no_list_of_checksums_is_refused(packed: bytes, words: str) -> None:
    """Checksums that are damaged themselves are told, not believed."""
    with pytest.raises(CorruptionError, match=words):
        Checksums(packed, "p")
