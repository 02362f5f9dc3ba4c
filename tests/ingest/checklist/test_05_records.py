"""Section 5: records and their values."""

from __future__ import annotations

import math
from typing import Any

import msgpack
import pytest

from tests.ingest.checklist.told import asking, entries, event_time, pack, packed, told


async def stored(record: bytes) -> Any:
    """What becomes of a raw record, sent in an entry of a chunk that is acknowledged."""
    found = await told(pack(["t", b"\x92\x01" + record, asking()]))
    assert (found.acks, found.is_kept) == (["x"], True)
    return found


@pytest.mark.parametrize("record", [5, "text", None, [1], 1.5, True, b"\x00"])
async def test_5_1_a_record_that_is_no_map_loses_this_entry_only(record):
    """Dropped, counted, and the chunk acked, in every mode."""
    items = [[1, {"n": 1}], [1, record], [1, {"n": 2}]]
    found = await told(pack(["t", items, asking("f")]) + pack(["t", packed(*items), asking("p")]))
    assert (found.of("n"), found.acks) == ([1, 2, 1, 2], ["f", "p"])
    assert found.rejected == {"record is not a map": 2}
    found = await told(pack(["t", 1, record, asking()]) + pack(["t", 1, record]))
    assert (found.events, found.acks, found.rejected) == ([], ["x"], {"record is not a map": 2})


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (True, True),
        (-(2**63), -(2**63)),
        (2**63 - 1, 2**63 - 1),
        (2**64 - 1, 2**64 - 1),
        (1.5, 1.5),
        (math.inf, math.inf),
        (-math.inf, -math.inf),
        ("", ""),
        (b"text", "text"),
        (b"\xff\x00", "base64:/wA="),
        ([1, None, {"a": []}], '[1,null,{"a":[]}]'),
        ({}, "{}"),
        ("x" * 2**20, "x" * 2**20),
        (None, None),
    ],
)
async def test_5_2_values_are_stored_without_loss(value, field):
    """Of every type, at its limits."""
    assert (await stored(pack({"k": value, "n": 1}))).of("k", "n") == [(field, 1)]


async def test_5_2_nan_stays_a_number():
    """Counted, never raised."""
    found = await stored(pack({"k": math.nan}))
    assert math.isnan(found.of("k")[0])
    assert found.changes == {"number not finite": 1}


async def test_5_2_invalid_utf8_is_escaped():
    r"""Each byte as `\xNN`, counted."""
    found = await stored(b"\x81\xa1k\xa3a\xffb")
    assert (found.of("k"), found.changes) == ([r"a\xffb"], {"invalid UTF-8 escaped": 1})


@pytest.mark.parametrize(
    ("key", "field"),
    [(b"\x05", "5"), (b"\xc0", "null"), (b"\xc3", "true"), (b"\xc4\x01k", "k"), (b"\xa0", ""), (b"\xa1\xff", r"\xff")],
)
async def test_5_2_keys_become_text(key, field):
    """Keys that are int, bin, nil, bool, empty or not UTF-8."""
    assert (await stored(b"\x81" + key + b"\x07")).of(field) == [7]


async def test_5_2_of_a_duplicate_key_the_last_counts():
    """As in Ruby; counted."""
    found = await stored(b"\x82\xa1k\x01\xa1k\x02")
    assert (found.of("k"), found.changes) == ([2], {"duplicate key, last kept": 1})


async def test_5_2_an_empty_record_is_an_event():
    """Without any field of its own."""
    assert len((await stored(b"\x80")).events) == 1


async def test_5_2_nested_maps_become_fields_with_dots():
    """Arrays stay arrays."""
    assert (await stored(pack({"a": {"b": {"c": 1}}, "d": [1]}))).of("a.b.c", "d") == [(1, "[1]")]


async def test_5_3_ext_values_in_a_record():
    """Type 0 becomes RFC 3339 text, others tagged base64; the entries around are stored."""
    record = {"t": event_time(1_700_000_000, 5), "e": msgpack.ExtType(9, b"\x01")}
    found = await told(pack(["t", packed(*entries(1), [1, record], *entries(2)), asking()]))
    assert found.of("n") == [1, None, 2]
    assert found.of("t", "e")[1] == ("2023-11-14T22:13:20.000000005Z", "ext9:base64:AQ==")


@pytest.mark.parametrize("depth", [63, 64, 300, 1000])
async def test_5_4_depth_is_limited_for_each_event(depth):
    """64 levels, the record counted: a deeper event is dropped and counted, those around it are stored."""
    deep = b"\x92\x01\x81\xa1k" + b"\x91" * (depth - 1) + b"\x01"
    found = await told(pack(["t", packed(*entries(1)) + deep + packed(*entries(2)), asking()]))
    assert found.acks == ["x"]
    assert [event["n"] for event in found.events if "n" in event] == [1, 2]
    assert found.rejected == ({"nested too deep": 1} if depth > 64 else {})


async def test_5_4_a_message_that_no_reader_survives_is_refused():
    """Depth in the outer message is refused as it comes."""
    found = await told(pack(["t", 1, {"n": 1}]) + b"\x93\xa1t\x01" + b"\x91" * 2000)
    assert (found.of("n"), found.counters.malformed) == ([1], {"message is nested too deeply": 1})


@pytest.mark.parametrize("claim", [b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"])
async def test_5_5_claimed_sizes_are_refused_or_cost_one_entry(claim):
    """In the outer message refused at once; within a payload a truncated tail, the entries before it kept and acked."""
    found = await told(b"\x93\xa1t\x01" + claim)
    assert found.counters.malformed == {"message is too large": 1}
    found = await told(pack(["t", packed(*entries(1)) + b"\x92\x01" + claim, asking()]))
    assert (found.of("n"), found.acks, found.rejected) == ([1], ["x"], {"payload is truncated": 1})
