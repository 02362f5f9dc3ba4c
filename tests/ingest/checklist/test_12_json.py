"""Section 12: JSON connections."""

from __future__ import annotations

import pytest

from tests.ingest.checklist.told import NS, told


@pytest.mark.parametrize("space", [b"", b"\n", b" \r\n\t"])
async def test_12_1_values_follow_each_other_with_or_without_newline(space):
    """Message and Forward modes; single messages join runs as msgpack ones do."""
    wire = space.join([b'["a",1,{"n":1}]', b'["b",2,{"n":2}]', b'["c",[[3,{"n":3}],[4,{"n":4}]]]', b'["d",5,{"n":5}]'])
    found = await told(wire + space)
    assert found.of("tag", "n") == [("a", 1), ("b", 2), ("c", 3), ("c", 4), ("d", 5)]
    assert len(found.chunks) == 3


async def test_12_2_the_ack_is_json_text_without_newline():
    """Of the same value and type."""
    found = await told(b'["t",1,{},{"chunk":"c6"}]["t",1,{},{"chunk":7}]["t",[],{"chunk":"\xc3\xa4\\n"}]')
    assert found.answer == b'{"ack":"c6"}{"ack":7}{"ack":"\xc3\xa4\\n"}'


async def test_12_3_float_times_are_exact_by_their_digits():
    """More of them than a double holds."""
    found = await told(b'["t",1700000000.123456789,{}]["t",[[1700000000.1,{}],[[1.000000001,{}],{}]]]')
    assert found.times == [1_700_000_000_123_456_789, 1_700_000_000_100_000_000, NS + 1]


async def test_12_4_text_as_element_1_is_packed_and_useless():
    """No valid entry; acked."""
    found = await told(b'["t","[1,{}]",{"chunk":"x"}]')
    assert (found.events, found.answer) == ([], b'{"ack":"x"}')


@pytest.mark.parametrize("bad", [b'["t",1,{"n":2]', b'["t",1,{n:2}]', b"nonsense", b'["t",1,{"n":2}],', b'"x"', b"5"])
async def test_12_5_bad_json_is_counted_and_closes(bad):
    """What came before is stored; of the bad value nothing is."""
    found = await told(b'["t",1,{"n":1}]' + bad + b'["t",1,{"n":3}]')
    assert found.counters.malformed == {"broken JSON": 1}
    assert set(found.of("n")) <= {1, 2}
    assert (found.of("n")[0], found.answer) == (1, b"")


async def test_12_6_an_object_as_root_closes():
    """As any root that is no array (1.4); null is a heartbeat."""
    found = await told(b'["t",1,{"n":1}] null {"a":1}')
    assert (found.of("n"), found.counters.heartbeats) == ([1], 1)
    assert found.counters.malformed == {"message is not an array": 1}


async def test_12_7_msgpack_after_json_closes():
    """The first byte decided for the whole connection."""
    found = await told(b'["t",1,{"n":1}]\x93\xa1t\x01\x80')
    assert (found.of("n"), found.counters.malformed) == ([1], {"broken JSON": 1})


async def test_12_8_values_of_json():
    """Nested objects, arrays, null, text that is not UTF-8, large numbers."""
    found = await told(b'["t",1,{"a":{"b":1},"c":[1,null],"d":null,"e":"\xff","f":18446744073709551615,"g":1e19}]')
    assert found.of("a.b", "c", "d", "e", "f", "g") == [(1, "[1,null]", None, r"\xff", 2**64 - 1, 1e19)]


async def test_12_9_json_is_limited_like_msgpack():
    """In depth and length; the connection ends."""
    assert (await told(b'["t",1,' + b"[" * 300)).counters.malformed == {"message is nested too deeply": 1}
    assert (await told(b'["t",1,{"k":"' + b"x" * (4 << 20))).counters.malformed == {"message is too large": 1}
