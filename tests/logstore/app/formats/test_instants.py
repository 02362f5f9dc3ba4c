"""Instants as text, one at a time and many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from logstore.app.formats.instants import instant_text, instants

DAY_NS = 86_400 * 10**9

any_instants = st.lists(
    st.integers(-(2**63), 2**63 - 1)
    | st.none()
    | st.integers(-3, 3).map(lambda day: day * DAY_NS - 1)
    | st.integers(0, 9).map(lambda ns: 1_795_341_600_000_000_000 + ns * 10**9),
    max_size=12,
)


def expected(time_ns: int) -> str:
    """As the standard library writes it, which knows no nanoseconds."""
    seconds, fraction = divmod(time_ns, 10**9)
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"


@given(any_instants, st.sampled_from(["", '"']))
@example([-(2**63), None, 2**63 - 1], "")
@example([], "")
def test_every_instant_is_written_to_the_nanosecond(times, around):
    """Before 1970 too, from the first to the last one that fits, alone and with others; none is none."""
    texts = [None if each is None else f"{around}{expected(each)}{around}" for each in times]
    for kind in (pa.int64(), pa.timestamp("ns", "UTC")):
        values = pa.array(times, pa.int64()).cast(kind)
        assert instants(values, around).to_pylist() == texts
    for each in times:
        assert each is None or instant_text(each) == expected(each)
