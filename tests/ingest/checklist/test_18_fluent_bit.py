"""Section 18: Fluent Bit 5.1.1 as a sender, as captured."""

from __future__ import annotations

import gzip

import pytest

from tests.ingest.checklist.told import event_time, pack, packed, told

ID = "KTlTvVdXUy/LR2j7Xl8G/g=="


def entry(number: int) -> list[object]:
    """`[[EventTime, {}], record]`."""
    return [[event_time(), {}], {"n": number}]


async def test_18_1_the_default_is_two_elements():
    """No option, no ack; each entry has empty metadata."""
    found = await told(pack(["t", [entry(1), entry(2)]]))
    assert (found.of("n"), found.answer, found.changes, found.rejected) == ([1, 2], b"", {}, {})


async def test_18_2_with_acks_the_option_is_a_map32():
    """chunk, size, fluent_signal, in this order."""
    option = b"\xdf\x00\x00\x00\x03" + b"".join(map(pack, ["chunk", ID, "size", 2, "fluent_signal", 0]))
    found = await told(b"\x93\xa1t" + pack([entry(1), entry(2)]) + option)
    assert (found.of("n"), found.acks) == ([1, 2], [ID])


@pytest.mark.parametrize("level", [0, 9])
async def test_18_3_compress_gzip(level):
    """bin, one member, a stored block when small; the id is of the content before compression."""
    body = gzip.compress(packed(entry(1), entry(2)), compresslevel=level)
    option = {"chunk": ID, "size": 2, "compressed": "gzip", "fluent_signal": 0}
    found = await told(pack(["t", body, option]))
    assert (found.of("n"), found.acks, found.counters.notes) == ([1, 2], [ID], {})


async def test_18_4_a_tag_from_a_field_makes_messages():
    """Four elements, an id for each record."""
    wire = [pack([f"t{n}", event_time(), {"n": n}, {"chunk": ID[:-3] + f"{n}==", "fluent_signal": 0}]) for n in (1, 2)]
    found = await told(*wire)
    assert found.of("tag", "n") == [("t1", 1), ("t2", 2)]
    assert len(found.acks) == 2


async def test_18_5_header_and_body_are_separate_writes():
    """Chunks alternate between connections; nothing depends on where a write ends."""
    wire = pack(["t", [entry(1)], {"chunk": ID}])
    found = await told(wire[:3], wire[3:40], wire[40:])
    assert (found.of("n"), found.acks) == ([1], [ID])
