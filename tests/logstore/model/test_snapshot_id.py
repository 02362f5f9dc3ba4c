"""Snapshot ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.errors import CallerError
from logstore.model.snapshot_id import SnapshotId, parse_snapshot_id
from logstore.model.timespan import MAX_NS


@given(
    st.text("0123456789abcdef", min_size=8, max_size=8),
    st.integers(0, 2**31),
    st.integers(-1, MAX_NS - 1),
    st.integers(0, MAX_NS),
)
def test_an_id_is_read_back(run, epoch, seq, now_ns):
    """That of an empty store too."""
    snapshot = SnapshotId(run, epoch, seq, now_ns)
    assert parse_snapshot_id(str(snapshot)) == snapshot


@pytest.mark.parametrize(
    "text", ["", "x", "00000000-1-1", "0000000g-1-1-1", "00000000-1-1-ffffffffffffffff", "00000000-1-1-1 "]
)
def test_anything_else_is_refused(text):
    """With a word on where ids come from."""
    with pytest.raises(CallerError, match="not the id of a snapshot"):
        parse_snapshot_id(text)
