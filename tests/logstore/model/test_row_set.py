"""Packed sets of row numbers."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.row_set import pack, union, unpack

ROWS = st.sets(st.integers(0, 5000), max_size=400).map(sorted)
RUNS = st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 3000)), max_size=6).map(
    lambda runs: sorted({row for start, length in runs for row in range(start, start + length)})
)


@given(ROWS | RUNS)
def test_sets_come_back_as_they_were(rows):
    """Single rows and long runs alike."""
    packed = pack(np.array(rows, np.int64))
    assert unpack(packed).tolist() == rows
    assert unpack(packed).dtype == np.int64
    assert (packed == b"") == (not rows)


@given(st.lists(ROWS, max_size=4))
def test_union_has_the_rows_of_any(sets):
    """Each once, ascending."""
    packed = [pack(np.array(rows, np.int64)) for rows in sets]
    assert union(packed).tolist() == sorted({row for rows in sets for row in rows})


def test_sets_are_small():
    """A run costs a few bytes, and scattered rows of a part at most a bit for each of its rows."""
    assert len(pack(np.arange(100_000, 900_000))) < 40
    scattered = np.flatnonzero(np.random.default_rng(1).random(800_000) < 0.5)
    assert len(pack(scattered)) < 800_000 / 8 + 100


@pytest.mark.parametrize("rows", [[3, 3], [4, 2], [-1, 5], [0, 2**32]])
def test_what_is_no_set_is_refused(rows):
    """Rows ascend from 0 on, and there are fewer than 2^32."""
    with pytest.raises(ValueError, match="ascend"):
        pack(np.array(rows))


@given(st.binary(max_size=60))
def test_damaged_sets_are_told_as_such(junk):
    """Whatever the bytes are, nothing but a CorruptionError comes of them; no huge array is made."""
    with contextlib.suppress(CorruptionError):
        unpack(junk)


@given(ROWS.filter(bool), st.data())
def test_cut_sets_are_told_as_such(rows, data):
    """A part of a packed set is none."""
    packed = pack(np.array(rows, np.int64))
    cut = packed[: data.draw(st.integers(1, len(packed) - 1))]
    with pytest.raises(CorruptionError):
        unpack(cut)
