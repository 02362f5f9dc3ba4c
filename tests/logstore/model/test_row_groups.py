"""Packed row groups."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.row_groups import PackedRowGroups, pack_row_groups
from logstore.model.snapshot import RowGroup

GROUPS = st.lists(
    st.builds(
        RowGroup,
        st.integers(0, 2**62),
        st.integers(1, 2**31),
        st.integers(-(2**63), 2**63 - 1),
        st.integers(-(2**63), 2**63 - 1),
    ),
    max_size=5,
).map(tuple)


@given(GROUPS, GROUPS)
def test_packed_ones_are_like_a_tuple(groups, others):
    """They have its items, length, equality and hash, and pack into the same bytes again."""
    packed = PackedRowGroups(pack_row_groups(groups))
    assert tuple(packed) == groups
    assert len(packed) == len(groups)
    assert [packed[place] for place in range(len(groups))] == list(groups)
    assert packed[1:] == groups[1:]
    assert packed == groups
    assert groups == packed
    assert hash(packed) == hash(groups)
    assert pack_row_groups(packed) == pack_row_groups(groups)
    assert (packed == PackedRowGroups(pack_row_groups(others))) == (groups == others)
    assert packed != list(groups)
    assert repr(packed) == repr(groups)
