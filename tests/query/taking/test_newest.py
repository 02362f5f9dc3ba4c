"""The newest rows of those that are shown."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logstore.model.timespan import MAX_NS, MIN_NS
from query.taking.newest import Newest

TIMES = st.one_of(st.integers(0, 3), st.sampled_from((MIN_NS, MAX_NS)))


@given(st.lists(st.lists(TIMES, max_size=6), max_size=4), st.integers(0, 8))
def test_it_keeps_the_newest(groups: list[list[int]], most: int) -> None:
    """Of equal times those stored last; and it tells from when on others are in vain."""
    newest, shown, seq = Newest(most), [], 0
    for group, times in enumerate(groups):
        own = np.array(times, np.int64)
        assert all((own >= newest.cut_ns(own)).tolist()) or most < len(shown) + len(own)
        wanted = own >= newest.cut_ns(own)
        seqs = np.arange(seq, seq + len(own))
        seq += len(own)
        newest.add(own[wanted], seqs[wanted], group, np.flatnonzero(wanted).astype(np.int32))
        shown += [(int(time), int(each), group, row) for row, (time, each) in enumerate(zip(own, seqs, strict=True))]
        kept = sorted(shown, reverse=True)[:most]
        found = newest.found()
        assert list(zip(*(each.tolist() for each in found), strict=True)) == kept
        assert newest.is_full == (len(kept) == most)
        assert newest.least_ns == ((kept[-1][0] if kept else MAX_NS) if newest.is_full else MIN_NS)
