"""Tests of the limit on what a chunk makes its events repeat."""

import pytest

from ingest.decode import copies, reasons
from ingest.decode.copies import CopyMeter, weight
from ingest.decode.decoder import PlainDecoder
from ingest.decode.values import Ext
from logstore.model.batch import Rejection
from tests.ingest.decode.wire import entries_payload, event_time, packed

TIME = event_time(1_700_000_000, 1)
START = Ext(0, b"\xff\xff\xff\xff\0\0\0\0")
END = Ext(0, b"\xff\xff\xff\xfe\0\0\0\0")


@pytest.fixture
def _limit(monkeypatch):
    """A limit that small chunks reach."""
    monkeypatch.setattr(copies, "MOST_COPIED_BYTES", 10_000)


@pytest.mark.usefixtures("_limit")
def test_a_long_tag_is_not_copied_without_end():
    """Three bytes an event and one tag must not become gigabytes; the rest of the chunk is rejected, and told."""
    events = entries_payload([[TIME, {}]] * 100)
    decoded = PlainDecoder().decode([packed(events, tag="t" * 968), packed(events, seq=2000)])
    assert decoded.batch.rows == 10 + 100
    assert decoded.rejections == (Rejection(1010, reasons.TOO_MUCH_COPIED),)


@pytest.mark.usefixtures("_limit")
def test_a_large_group_is_not_copied_without_end():
    """What a group carries is counted for its own events only."""
    group = [[START, {}], {"resource": "r" * 3000}]
    events = [[TIME, {}]] * 5
    decoded = PlainDecoder().decode([packed(entries_payload([*events, group, *events, [END, {}], *events]))])
    assert decoded.batch.rows == 5 + 3
    assert decoded.rejections == (Rejection(1009, reasons.TOO_MUCH_COPIED),)


def test_real_chunks_are_far_below_the_limit():
    """A million events under a tag of 200 characters."""
    meter = CopyMeter("t" * 200)
    assert not any(meter.is_full_with(0) for _ in range(1_000_000))


def test_weight_counts_text_and_values_at_any_depth():
    """Keys count as values do, text that is not UTF-8 by its bytes."""
    deep = ()
    for _ in range(5000):
        deep = ((("k"), deep),)
    assert weight(deep) == 5000
    assert weight((("ab", "\udcff"), ("c", b"12"), ("d", [1, [None, "x"]]))) == 2 + 1 + 1 + 2 + 1 + 8 + 8 + 1
