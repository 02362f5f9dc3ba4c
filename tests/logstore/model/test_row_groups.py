"""Packed row groups."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.row_groups import PackedRowGroups, SomeRowGroups, pack_row_groups
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


@given(GROUPS, st.integers(0, 2**5 - 1))
def test_some_of_them_are_like_a_tuple(groups, bits):
    """They are those whose bit is set, of packed ones or others."""
    bits &= (1 << len(groups)) - 1
    expected = tuple(group for place, group in enumerate(groups) if bits >> place & 1)
    for every in (groups, PackedRowGroups(pack_row_groups(groups))):
        some = SomeRowGroups(every, bits)
        assert len(some) == len(expected)
        assert bool(some) == bool(expected)
        assert tuple(some) == expected
        assert some == expected
        assert some[:1] == expected[:1]
        assert hash(some) == hash(expected)
        assert repr(some) == repr(expected)
        assert some != 1
