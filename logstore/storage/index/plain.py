"""Collecting, encoding and finding keys, in plain Python: what `kernel` does, in the fewest words. Pure.

A *key* is 32 bits that are made of a text. Texts with the same key cannot be told apart, which costs a row group read
in vain and never an event. A *block* is a row group. The pages that the keys of a part become are drawn in
`docs/storage-format.md`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from crc32c import crc32c

_K1 = 0x9E3779B97F4A7C15
_K2 = 0xD6E8FEB86659FD93
_U64, _U32 = 2**64 - 1, 2**32 - 1
_STEP = 8
_U32_BYTES, _PAGE_NUMBER = struct.Struct("<I"), struct.Struct("<BI")

_CAPITALS = bytes(range(ord("A"), ord("Z") + 1))
_FOLD = bytes.maketrans(_CAPITALS, _CAPITALS.lower())
# In UTF-8 the characters beyond ASCII are just these bytes, so this is a word as `logstore.model.words` has it.
_WORD = re.compile(rb"[0-9_a-z\x80-\xff]+")


# Keys


def key_of(text: bytes, seed: int) -> int:
    """The key of a text."""
    return (_mixed(text, seed) * _K1 & _U64) >> 32


def _mixed(text: bytes, seed: int) -> int:
    state = seed ^ (len(text) * _K1 & _U64)
    for place in range(0, len(text), _STEP):
        state = (state ^ int.from_bytes(text[place : place + _STEP], "little")) * _K2 & _U64
        state ^= state >> 32
    return state


def fold(text: bytes) -> bytes:
    """UTF-8 with ASCII capitals made small."""
    return text.translate(_FOLD)


def grams_of(text: bytes, seed: int, gram: int, window: int) -> Iterator[int]:
    """The keys of the sampled pieces of a folded text: of each `window` neighbouring pieces the least by a hash.

    So any text of `gram + window - 1` bytes has a piece that is sampled wherever it occurs. (Schleimer, Wilkerson,
    Aiken: Winnowing, 2003.)
    """
    states = [_mixed(text[place : place + gram], seed) for place in range(len(text) - gram + 1)]
    last = -1
    for place in range(len(states) - window + 1):
        best = min(range(place, place + window), key=lambda each: states[each] & _U32)
        if best != last:
            yield (states[best] * _K1 & _U64) >> 32
            last = best


# Collecting


@dataclass(slots=True)
class Collector:
    """Gathers the keys of one block after the other."""

    _lists: list[list[int]] = field(default_factory=list)
    _keys: set[int] = field(default_factory=set)

    @property
    def blocks(self) -> int:
        """How many blocks are ended."""
        return len(self._lists)

    @property
    def entries(self) -> int:
        """How many pairs of a key and a block there are."""
        return sum(map(len, self._lists))

    def insert(self, key: int) -> None:
        """Adds a key to the block at hand."""
        self._keys.add(key)

    def end_block(self) -> None:
        """The keys added since the last call are those of one block."""
        self._lists.append(sorted(self._keys))
        self._keys = set()

    def encode(self, universe: int, width: int) -> tuple[bytes, list[int]]:
        """The pages of all blocks, one after the other, and where each ends.

        Keys become values from 0 to `universe`, evenly; a page holds the values of a range of `width`.
        """
        pages: list[dict[int, list[int]]] = [{} for _ in range(-(-universe // width))]
        for block, keys in enumerate(self._lists):
            for key in keys:
                page, value = divmod(key * universe >> 32, width)
                blocks = pages[page].setdefault(value, [])
                if not blocks or blocks[-1] != block:
                    blocks.append(block)
        done, ends = bytearray(), []
        for page_values in pages:
            done += _page(page_values, width, len(self._lists))
            ends.append(len(done))
        return bytes(done), ends


@dataclass(frozen=True, slots=True)
class Folded:
    """Texts with small letters, one after the other."""

    data: bytes

    @property
    def text(self) -> bytes:
        """The texts."""
        return fold(bytes(self.data))


Offsets = Sequence[int]
"""Where texts start; the last number is where the last one ends. The first one is where the data start."""

Valid = Sequence[int]
"""Which of the texts are there at all; empty: all of them."""


def add_words(collector: Collector, folded: Folded, offsets: Offsets, valid: Valid, seed: int) -> None:
    """Adds the words of texts."""
    for text in _texts(folded.text, offsets, valid):
        for word in _WORD.findall(text):
            collector.insert(key_of(word, seed))


def add_values(collector: Collector, data: bytes, offsets: Offsets, valid: Valid, seed: int) -> None:
    """Adds whole texts, as they stand."""
    for text in _texts(bytes(data), offsets, valid):
        collector.insert(key_of(text, seed))


def add_grams(  # noqa: PLR0913, PLR0917, the seed and the two sizes are those of a column
    collector: Collector, folded: Folded, offsets: Offsets, valid: Valid, seed: int, gram: int, window: int
) -> None:
    """Adds the sampled pieces of texts."""
    for text in _texts(folded.text, offsets, valid):
        for key in grams_of(text, seed, gram, window):
            collector.insert(key)


def _texts(data: bytes, offsets: Offsets, valid: Valid) -> Iterator[bytes]:
    for place in range(len(offsets) - 1):
        if not len(valid) or valid[place]:
            yield data[offsets[place] - offsets[0] : offsets[place + 1] - offsets[0]]


# Pages


def _page(values: dict[int, list[int]], width: int, blocks: int) -> bytes:
    writer = _Writer()
    writer.gamma(len(values) + 1)
    rice = _rice(width, len(values))
    expected = 0
    for value in sorted(values):
        writer.unary((value - expected) >> rice)
        writer.bits((value - expected) & ((1 << rice) - 1), rice)
        expected = value + 1
        if blocks > 1:
            writer.blocks(values[value], blocks)
    return writer.done()


def _rice(width: int, values: int) -> int:
    """How many bits of a gap are written as they are: so that the rest, in unary, is short."""
    return max(0, (width // values).bit_length() - 1) if values else 0


class _Writer:
    """Bits, the lowest of each byte first."""

    def __init__(self) -> None:
        self._bits: list[int] = []

    def bits(self, value: int, width: int) -> None:
        self._bits += [value >> place & 1 for place in range(width)]

    def unary(self, value: int) -> None:
        self._bits += [*[0] * value, 1]

    def gamma(self, value: int) -> None:
        width = value.bit_length()
        self.unary(width - 1)
        self.bits(value & ~(1 << (width - 1)), width - 1)

    def blocks(self, found: list[int], blocks: int) -> None:
        self.gamma(len(found))
        block_bits = (blocks - 1).bit_length()
        if len(found) * block_bits < blocks:
            for block in found:
                self.bits(block, block_bits)
        else:
            self.bits(sum(1 << block for block in found), blocks)

    def done(self) -> bytes:
        value = sum(bit << place for place, bit in enumerate(self._bits))
        return value.to_bytes(-(-len(self._bits) // 8), "little")


class _Reader:
    """Bits of a page; ValueError past its end."""

    def __init__(self, page: bytes) -> None:
        self._value = int.from_bytes(page, "little")
        self._left = 8 * len(page)

    def bits(self, width: int) -> int:
        value = self._value & ((1 << width) - 1)
        self._value >>= width
        self._left -= width
        if self._left < 0:
            raise ValueError("a page ends early")
        return value

    def unary(self) -> int:
        width = (self._value & -self._value).bit_length() - 1
        if width < 0:
            raise ValueError("a page ends early")
        self.bits(width + 1)
        return width

    def gamma(self) -> int:
        width = self.unary()
        return self.bits(width) | 1 << width

    def blocks(self, blocks: int) -> list[int]:
        count = self.gamma()
        block_bits = (blocks - 1).bit_length()
        if count * block_bits < blocks:
            return [self.bits(block_bits) for _ in range(count)]
        found = self.bits(blocks)
        return [block for block in range(blocks) if found >> block & 1]


def section(bits: bytes, ends: Sequence[int], mark: int) -> bytes:
    """The directory of pages, and the pages, each with its checksum before it.

    Args:
        bits: of the pages; with `ends` what `Collector.encode` made.
        ends: where each page ends.
        mark: the byte that stands for the method.
    """
    pages = [
        _U32_BYTES.pack(page_checksum(mark, number, bits[first:end])) + bits[first:end]
        for number, (first, end) in enumerate(pairwise([0, *ends]))
    ]
    offsets = [0, *accumulate(map(len, pages))]
    return struct.pack(f"<{len(offsets)}I", *offsets) + b"".join(pages)


def page_checksum(mark: int, number: int, bits: bytes | memoryview) -> int:
    """The checksum of a page, which also says which one it is."""
    return crc32c(bits, crc32c(_PAGE_NUMBER.pack(mark, number)))


def find(page: bytes, wanted: int, width: int, blocks: int) -> list[int]:
    """The blocks of a value of a page, ascending; none when the page does not hold it.

    Args:
        page: one that `Collector.encode` made.
        wanted: the value, less the first one of the page's range.
        width: of the range.
        blocks: how many there are.

    Raises:
        ValueError: this is no page.
    """
    reader = _Reader(bytes(page))
    distinct = reader.gamma() - 1
    rice = _rice(width, distinct)
    expected = 0
    for _ in range(distinct):
        value = expected + (reader.unary() << rice)
        value += reader.bits(rice)
        if value > wanted:
            break
        expected = value + 1
        held = reader.blocks(blocks) if blocks > 1 else [0]
        if value == wanted:
            return held
    return []
