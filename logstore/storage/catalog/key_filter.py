"""A filter that says of most keys that they are not in a set, without looking it up.

A blocked Bloom filter: each key sets a few bits of one 64-bit word, so a question costs one look at memory. (Putze,
Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

Keys = np.ndarray[Any, np.dtype[np.uint64]]
"""Keys as two 64-bit numbers each, shape (n, 2). Keys are hashes, so their bits are as good as random."""

_KEYS_PER_WORD = 4
"""16 bits per key and more: about one key in 200 that is not in the set must be looked up all the same."""

_BITS_PER_KEY = 6
_BIT_MASK = 63


Probe = tuple[int, int]
"""What a filter looks for, worked out once for all filters that are asked for a key: where, and which bits."""


def probe_of(key: bytes) -> Probe:
    """The probe for a key of 16 bytes."""
    source = int.from_bytes(key[8:16], "little")
    # Written out: a loop takes several times as long, and every new chunk comes this way.
    bits = (
        1 << (source & _BIT_MASK)
        | 1 << (source >> 6 & _BIT_MASK)
        | 1 << (source >> 12 & _BIT_MASK)
        | 1 << (source >> 18 & _BIT_MASK)
        | 1 << (source >> 24 & _BIT_MASK)
        | 1 << (source >> 30 & _BIT_MASK)
    )
    return int.from_bytes(key[:8], "little"), bits


class KeyFilter:
    """A set of 16-byte keys that may take a stranger for a member, but never a member for a stranger.

    Adding from one thread while others ask is fine.

    Args:
        capacity: keys that may be added before strangers pass more often.
    """

    def __init__(self, capacity: int) -> None:
        words = 1 << max(0, (capacity // _KEYS_PER_WORD - 1)).bit_length()
        self._words = np.zeros(words, np.uint64)
        self._last_word = words - 1
        # The same memory: single words come out of a view several times faster than out of an array.
        self._view = memoryview(self._words)  # type: ignore[arg-type]  # it is a buffer

    def add(self, keys: Keys) -> None:
        """Adds keys."""
        places = keys[:, 0] & np.uint64(self._last_word)
        bits = np.zeros(len(keys), np.uint64)
        for number in range(_BITS_PER_KEY):
            shift = (keys[:, 1] >> np.uint64(6 * number)) & np.uint64(_BIT_MASK)
            bits |= np.uint64(1) << shift
        np.bitwise_or.at(self._words, places, bits)

    def may_hold(self, probe: Probe) -> bool:
        """False only when the key of this probe was never added."""
        place, bits = probe
        return self._view[place & self._last_word] & bits == bits
