"""Section 2: the four message modes."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from logstore.model.chunk import Mode
from tests.ingest.checklist.told import asking, entries, event_time, pack, packed, told
from tests.ingest.forward.wire_samples import text_forms

BODY = packed(*entries(1, 2))


@pytest.mark.parametrize(
    ("message", "mode"),
    [
        (["t", entries(1, 2)], Mode.FORWARD),
        (["t", BODY], Mode.PACKED),
        (["t", gzip.compress(BODY, mtime=0), {"compressed": "gzip"}], Mode.PACKED),
        (["t", zstandard.compress(BODY), {"compressed": "zstd"}], Mode.PACKED),
    ],
)
async def test_2_0_element_1_decides_array_and_text(message, mode):
    """An array makes Forward, a str or bin PackedForward, compressed or not."""
    found = await told(pack(message))
    assert (found.of("tag", "n"), found.chunks[0].mode) == ([("t", 1), ("t", 2)], mode)


@pytest.mark.parametrize("time", [1, 1.5, event_time(), None])
async def test_2_0_element_1_decides_anything_else_is_a_message(time):
    """An integer, float, ext or nil is the time of a Message."""
    found = await told(pack(["t", time, {"n": 1}]))
    assert (found.of("n"), found.chunks[0].mode) == ([1], Mode.MESSAGES)


@pytest.mark.parametrize("option", [(), (None,), ({},), (asking("y"), 5, [])])
@pytest.mark.parametrize("start", [["t", entries(1)], ["t", packed(*entries(1))], ["t", 1, {"n": 1}]])
async def test_2_1_place_of_the_option_and_what_follows_it(start, option):
    """Index 2, in Message mode 3; absent, nil or empty; more elements are passed over."""
    found = await told(pack([*start, *option]))
    assert found.of("n") == [1]
    assert found.acks == (["y"] if len(option) == 3 else [])
    assert found.is_kept


async def test_2_2_every_encoding_of_text_gives_the_same_events():
    """The payload, the tag, the option's keys and the id as fixstr to str32 and bin8 to bin32."""
    body = packed([1, {"n": 1}])
    starts = [b"\x93\xa1t" + form for form in text_forms(body)]
    starts += [b"\x93" + form + pack(body) for form in text_forms(b"t")]
    wires = [start + pack(asking(f"{number}")) for number, start in enumerate(starts)]
    keys = enumerate(text_forms(b"chunk"), len(wires))
    wires += [b"\x93\xa1t" + pack(body) + b"\x81" + form + pack(f"{number}") for number, form in keys]
    found = await told(b"".join(wires))
    assert found.of("tag", "n") == [("t", 1)] * len(wires)
    assert found.acks == [f"{number}" for number in range(len(wires))]


async def test_2_2_entries_as_str32_are_raw_bytes():
    """Fluentd writes binary as str32, compressed too: it is never read as UTF-8."""
    body = gzip.compress(BODY, mtime=0)
    wire = b"\x93\xa1t\xdb" + len(body).to_bytes(4, "big") + body + pack(asking(compressed="gzip"))
    found = await told(wire)
    assert (found.of("n"), found.acks) == ([1, 2], ["x"])


async def test_2_3_a_time_as_text_is_a_packed_message_without_entries():
    """No valid entry, counted, no crash; the record stands in the option's place and asks for nothing."""
    found = await told(pack(["t", "1700000000", {"n": 1}]) + pack(["t", 1, {"n": 2}]))
    assert (found.of("n"), found.answer, found.is_kept) == ([2], b"", True)
    assert found.rejected == {"entry is not an array of time and record": 10}


async def test_2_4_a_time_as_array_is_a_forward_message():
    """Its elements are no entries; metadata beside a time is legal in entries only."""
    found = await told(pack(["t", [event_time(), {}], {"n": 1}, asking()]))
    assert (found.events, found.answer, found.is_kept) == ([], b"", True)
    assert found.rejected == {"entry is not an array of time and record": 2}


async def test_2_4_metadata_of_a_message_stands_in_its_option():
    """Fluent Bit's Message mode: the map under `metadata` belongs to the event."""
    found = await told(pack(["t", event_time(), {"n": 1}, {"metadata": {"k": "v"}, "fluent_signal": 0}]))
    assert found.of("n", "metadata.k") == [(1, "v")]
