"""Instants as text, a few at a time and many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from logstore.app.formats.instants import instant_texts, instants

DAY_NS = 86_400 * 10**9

any_instants = st.lists(
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(-3, 3).map(lambda day: day * DAY_NS - 1)
    | st.integers(0, 9).map(lambda ns: 1_795_341_600_000_000_000 + ns * 10**9),
    max_size=12,
)


def expected(time_ns: int) -> str:
    """As the standard library writes it, which knows no nanoseconds."""
    seconds, fraction = divmod(time_ns, 10**9)
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


@given(any_instants, st.sampled_from([b"", b'"']))
@example([-(2**63), 2**63 - 1], b"")
@example([], b"")
def test_every_instant_is_written_to_the_nanosecond(times, around):
    """In days and seconds that come again or do not, before 1970 too, however many there are."""
    quote = around.decode()
    texts = [f"{quote}{expected(each)}{quote}" for each in times]
    assert instants(np.array(times, np.int64), around).to_pylist() == texts
    assert instant_texts(np.array(times, np.int64), around) == texts
    assert instant_texts(np.array(times * 200, np.int64), around) == texts * 200
