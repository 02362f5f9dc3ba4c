"""Section 4: times."""

from __future__ import annotations

import struct

import msgpack
import pytest

from tests.ingest.checklist.told import NS, SECOND, asking, event_time, pack, packed, told

MISSING = {"time missing, receive time used": 2}


def in_both(time: bytes) -> bytes:
    """A raw time in a Message that is acknowledged, and in an entry."""
    message = b"\x94\xa1t" + time + pack({"n": 1}) + pack(asking("m"))
    return message + pack(["t", b"\x92" + time + pack({"n": 2}), asking("e")])


@pytest.mark.parametrize(
    ("time", "ns"),
    [
        (pack(SECOND), SECOND * NS),
        (b"\xcf" + struct.pack(">Q", SECOND), SECOND * NS),
        (b"\xd7\x00" + struct.pack(">II", SECOND, 7), SECOND * NS + 7),
        (b"\xc7\x08\x00" + struct.pack(">II", SECOND, 7), SECOND * NS + 7),
        (pack(1700000000.5), SECOND * NS + NS // 2),
        (pack(1700000000.123), SECOND * NS + 123_000_000),
        (b"\xca\x4e\xca\xa7\xe2", 1700000000 * NS),
        (b"\xd6\xff" + struct.pack(">I", SECOND), SECOND * NS),
        (b"\xd7\xff" + struct.pack(">Q", 5 << 34 | SECOND), SECOND * NS + 5),
        (b"\xc7\x0c\xff" + struct.pack(">Iq", 5, SECOND), SECOND * NS + 5),
    ],
)
async def test_4_0_forms_of_time(time, ns):
    """uint, EventTime in either ext form, float, and msgpack's timestamp of 4, 8 and 12 bytes."""
    if time[0] == 0xCA:
        time, ns = b"\xca" + struct.pack(">f", 1700000000.0), int(struct.unpack(">f", struct.pack(">f", 1.7e9))[0]) * NS
    found = await told(in_both(time))
    assert (found.times, found.of("n"), found.acks) == ([ns, ns], [1, 2], ["m", "e"])


async def test_4_0_before_1970_is_accepted_and_flagged():
    """A negative integer."""
    found = await told(in_both(pack(-5)))
    assert (found.times, found.changes) == ([-5 * NS] * 2, {"time before 1970": 2})


@pytest.mark.parametrize("time", [b"\x00", b"\xc0", b"\xd7\x00" + bytes(8), b"\xd7\x00" + struct.pack(">II", 0, 5)])
async def test_4_0_no_time_is_the_time_of_receipt(time):
    """0, nil and EventTime with seconds 0: now, flagged."""
    found = await told(in_both(time))
    assert found.times == [chunk.received_ns for chunk in found.chunks]
    assert found.changes == MISSING


@pytest.mark.parametrize("code", [1, 5, 127])
async def test_4_0_other_ext_types_lose_this_entry_only(code):
    """Dropped and counted, the rest of the chunk kept, all acked."""
    items = [[event_time(), {"n": 1}], [msgpack.ExtType(code, bytes(8)), {"n": 2}], [event_time(), {"n": 3}]]
    found = await told(pack(["t", packed(*items), asking()]) + pack(["t", items, asking("y")]))
    assert (found.of("n"), found.acks) == ([1, 3, 1, 3], ["x", "y"])
    assert found.rejected == {"time is not understood": 2}


async def test_4_1_event_time_seconds_are_unsigned():
    """3,000,000,000 is in the year 2065."""
    assert (await told(in_both(pack(event_time(3_000_000_000))))).times == [3_000_000_000 * NS] * 2


async def test_4_1_event_time_nanoseconds_carry_over():
    """Of a second or more, counted."""
    found = await told(in_both(pack(event_time(SECOND, 4_000_000_000))))
    assert (found.times, found.changes) == ([(SECOND + 4) * NS] * 2, {"nanoseconds carried over": 2})


@pytest.mark.parametrize("size", [1, 4, 7, 9, 16])
async def test_4_1_event_time_of_another_length_is_rejected(size):
    """Type 0 has eight bytes."""
    found = await told(in_both(pack(msgpack.ExtType(0, bytes(size)))))
    assert (found.events, found.acks, found.rejected) == ([], ["m", "e"], {"time is not understood": 2})


async def test_4_1_forms_mix_within_a_chunk():
    """As `time_as_integer` changes while a buffer fills."""
    found = await told(pack(["t", packed([SECOND, {}], [event_time(SECOND, 1), {}], [SECOND + 0.5, {}])]))
    assert found.times == [SECOND * NS, SECOND * NS + 1, SECOND * NS + NS // 2]


@pytest.mark.parametrize("time", [2**63, 2**64 - 1, 9_223_372_037, -9_223_372_037, float("nan"), float("inf"), 1e30])
async def test_4_1_times_out_of_range_are_rejected(time):
    """What 64 bits of nanoseconds cannot hold; acked, for a retry cannot help."""
    found = await told(in_both(pack(time)))
    assert (found.events, found.acks, found.rejected) == ([], ["m", "e"], {"time is out of range": 2})


async def test_4_2_floats_are_read_by_their_decimal():
    """Not by a multiplication: .123 and .1 are exact."""
    floats = [1700000000.123, 1700000000.1, 1.000001, 1234567890.999999]
    found = await told(pack(["t", packed(*([value, {}] for value in floats))]))
    assert found.times == [1700000000123000000, 1700000000100000000, 1000001000, 1234567890999999000]


async def test_4_3_metadata_beside_the_time():
    """Fluent Bit's `[[time, metadata], record]`: both are kept; unwrapped one level only."""
    items = [
        [[event_time(), {"a": 1}], {"n": 1}],
        [[event_time(), {}], {"n": 2}],
        [[[event_time(), {}], {}], {"n": 3}],
    ]
    found = await told(pack(["t", items, asking()]))
    assert found.of("n", "metadata.a") == [(1, 1), (2, None)]
    assert found.rejected == {"time is not understood": 1}
    assert found.acks == ["x"]


START, END = [event_time(0xFFFFFFFF), {"meta": 1}], [event_time(0xFFFFFFFE), {}]


async def test_4_4_groups_apply_to_the_entries_between():
    """[start, e1, e2, end] is two events with the group's attributes; the marks are none."""
    body = {"resource": {"attributes": {"service.name": "web"}}}
    items = [[START, body], *entries_of(1, 2), [END, {}], *entries_of(3)]
    for wire in (pack(["t", items]), pack(["t", packed(*items)])):
        found = await told(wire)
        assert found.of("n", "resource.attributes.service.name", "group.meta") == [
            (1, "web", 1),
            (2, "web", 1),
            (3, None, None),
        ]
        assert found.rejected == {}


async def test_4_4_unpaired_marks_do_not_reach_the_next_chunk():
    """A group ends with its chunk; an end without a start is nothing; ordinary times are near."""
    near = [[event_time(0xFFFFFFFD), {"n": 4}]]
    found = await told(
        pack(["t", [[START, {"g": 1}], *entries_of(1)]]) + pack(["t", [[END, {}], *entries_of(2), *near]])
    )
    assert found.of("n", "g") == [(1, 1), (2, None), (4, None)]
    assert found.times[-1] == 0xFFFFFFFD * NS


def entries_of(*numbers: int) -> list[object]:
    """Entries as Fluent Bit writes them."""
    return [[[event_time(), {}], {"n": number}] for number in numbers]
