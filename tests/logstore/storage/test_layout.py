"""Names in the data directory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logstore.storage.layout import (
    chunk_ids_name,
    part_generation,
    part_name,
    segment_name,
    segment_seq,
)


@given(st.integers(0, 10**19))
def test_numbers_come_back(number):
    """A name tells the number that it was made from; a name of another kind tells none."""
    assert segment_seq(segment_name(number)) == number
    assert part_generation(part_name("default", None, number, "A-B")) == number
    assert segment_seq(chunk_ids_name(number)) is None
    assert part_generation(segment_name(number)) is None


def test_hours_before_1970():
    """Every hour that nanoseconds can tell has a folder."""
    assert part_name("default", -1, 1, "U") == "parts/default/1969-12-31/23/1-U.parquet"
    assert part_name("default", 489_999, 1, "U") == "parts/default/2025-11-24/15/1-U.parquet"


@given(st.text(min_size=1))
def test_tenants_cannot_climb_out(tenant):
    """Whatever a tenant is called, its folder is one step below `parts`."""
    if any("\ud800" <= char <= "\udfff" for char in tenant):
        return
    steps = part_name(tenant, None, 1, "U").split("/")
    assert len(steps) == 4
    assert steps[1] not in {"", ".", ".."}
