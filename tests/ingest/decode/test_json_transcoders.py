"""Tests of ingest.decode.json_plain, and of the compiled transcoder, which must give the same bytes."""

import json
import math

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode import json_plain
from ingest.decode.rejects import MOST_REJECTED, Reject
from ingest.decode.transcode import choose_transcoders
from ingest.decode.values import Ext
from logstore.model.chunk import Mode
from tests.ingest.decode.json_bodies import BODIES, OBJECTS, RECEIVED_NS, messages, read
from tests.ingest.decode.wire import event_time

ACTIVE = choose_transcoders()[Mode.JSON]
RECEIVED = event_time(RECEIVED_NS // 10**9, RECEIVED_NS % 10**9)

# Each once, and in the same order in every process that runs tests.
TRANSCODERS = tuple(dict.fromkeys((json_plain.transcode, ACTIVE)))


@pytest.fixture(params=TRANSCODERS, ids=lambda transcode: type(transcode).__name__)
def transcode(request):
    """Each transcoder that there is."""
    return request.param


@settings(max_examples=400)
@given(BODIES, st.sampled_from([1, 2, 4, 64]), st.sampled_from([100, 2**28]))
def test_both_transcoders_give_the_same_bytes(body, max_depth, most_copied):
    """For any bytes: messages, rejections and counts."""
    limits = {"max_depth": max_depth, "most_copied": most_copied}
    assert read(ACTIVE, body, **limits) == read(json_plain.transcode, body, **limits)


@given(st.lists(OBJECTS, max_size=5), st.sampled_from(["\n", "", "\r\n\n", "array", "indented"]))
def test_objects_come_through_as_they_are(objects, style):
    """Members, their order and their values are what the standard library reads, without tag and time."""
    lines = [json.dumps(one, ensure_ascii=False, indent=1 if style == "indented" else None) for one in objects]
    body = f"[{','.join(lines)}]" if style == "array" else ("\n" if style == "indented" else style).join(lines)
    made = read(ACTIVE, body.encode("utf-8", "surrogatepass"))
    assert not made.rejected
    for (tag, _, record), sent in zip(messages(made), objects, strict=True):
        taken = {key: value for key, value in sent.items() if key not in ("tag", "time", "ts")}
        kept = {key: value for key, value in record if key not in ("tag", "time", "ts")}
        assert kept == {key: pairs(value) for key, value in taken.items()}
        assert tag == (sent["tag"] if isinstance(sent.get("tag"), str) else "http")


def pairs(value):
    """A JSON value as `messages` has it: maps as pairs, integers beyond 64 bits as floats."""
    if isinstance(value, dict):
        return [(key, pairs(one)) for key, one in value.items()]
    if isinstance(value, list):
        return [pairs(one) for one in value]
    if type(value) is int and not -(2**63) <= value < 2**64:
        return float(value)
    return value


@pytest.mark.parametrize(
    ("body", "rejected", "events"),
    [
        (b"", [], 0),
        (b" \n\r\t", [], 0),
        (b'\xef\xbb\xbf{"a":1}', [], 1),
        (b'{"a":1}{"a":2} {"a":3}\n\n{"a":4}', [], 4),
        (b'[{"a":1},{"a":2}]', [], 2),
        (b'[]{"a":1}[{"a":2}]\n', [], 2),
        (b'plain text\n{"a":1}\n', [(0, Reject.NOT_JSON)], 1),
        (b'2026-11-22 text with numbers 1 2 3\n{"a":1}\n', [(0, Reject.NOT_JSON)], 1),
        (
            b'1\n"a"\nnull \n{"a":1}',
            [(0, Reject.NOT_AN_OBJECT), (1, Reject.NOT_AN_OBJECT), (2, Reject.NOT_AN_OBJECT)],
            1,
        ),
        (b'{"a":1} x\n{"a":2}', [(1, Reject.NOT_JSON)], 2),
        (b'{"a":\n{"b":1}\n', [(0, Reject.NOT_JSON)], 1),
        (b'{"a":1}\n{"b":', [(1, Reject.TRUNCATED)], 1),
        (b'{"a":1}\n{"b":"x', [(1, Reject.TRUNCATED)], 1),
        (b'[{"a":1},{"b"', [(1, Reject.TRUNCATED)], 1),
        (b'[{"a":1},', [(1, Reject.TRUNCATED)], 1),
        (b'[{"a":1},{bad},{"c":1}]', [(1, Reject.UNREADABLE_REST)], 1),
        (b'[\n{"a":1},\n{bad},\n{"c":1}\n]', [(1, Reject.NOT_JSON)], 2),
        (b'[{"a":1}\n,{bad}\n,{"c":1}\n]', [(1, Reject.NOT_JSON)], 2),
        (b'[{"a":1},1,[2],{"c":1}]', [(1, Reject.NOT_AN_OBJECT), (2, Reject.NOT_AN_OBJECT)], 2),
        (b'[{"a":1},]{"b":1}', [(1, Reject.NOT_JSON)], 2),
        (b'{"a":NaN}\n{"a":Infinity}\n', [(0, Reject.NOT_JSON), (1, Reject.NOT_JSON)], 0),
        (b'{\'a\':1}\n{a:1}\n{"a":01}\n{"a":1,}\n', [(i, Reject.NOT_JSON) for i in range(4)], 0),
        (b'{"a":"raw\ttab"}\n{"a":"\\q"}\n{"a":"\\u12"}\n', [(i, Reject.NOT_JSON) for i in range(3)], 0),
    ],
)
def test_bad_values_cost_themselves_alone(transcode, body, rejected, events):
    """Each has one place and one reason, and what can be read around it is read."""
    made = read(transcode, body)
    assert made.rejected == rejected
    assert len(messages(made)) == events + len(rejected)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775809", -(2.0**63)),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("1.0", 1.0),
        ("1e2", 100.0),
        ("0.1", 0.1),
        ("5e-324", 5e-324),
        ("2.2250738585072011e-308", 2.2250738585072011e-308),
        ("9007199254740993.0", 9007199254740992.0),
        ("1e400", math.inf),
        ('"\\u00e9\\ud83d\\ude00\\/"', "é😀/"),
        ('"\\u0000\\b\\f\\n\\r\\t"', "\0\b\f\n\r\t"),
        ('"\\ud800x"', "\udced\udca0\udc80x"),
        ('"\\udc00\\ud800"', "\udced\udcb0\udc80\udced\udca0\udc80"),
    ],
)
def test_values(transcode, literal, value):
    """Integers of 64 bits are exact, other numbers the nearest floats; escapes are what they stand for."""
    ((_, _, record),) = messages(read(transcode, b'{"v":%s}' % literal.encode()))
    assert record == [("v", value)]
    assert type(record[0][1]) is type(value)


def test_integers_that_became_floats_are_counted(transcode):
    """In events that were taken."""
    big = b"1" * 30
    body = b'{"a":%s,"b":[%s],"c":1e5}\n%s\n{"a":%s,!}\n' % (big, big, big, big)
    assert read(transcode, body).rounded_integers == 2


def test_bytes_that_are_not_utf_8_go_on_as_they_are(transcode):
    """The decoder does with them what it does with those of other senders."""
    ((_, _, record),) = messages(read(transcode, b'{"k\xff":"v\xc3"}'))
    assert record == [("k\udcff", "v\udcc3")]


@pytest.mark.parametrize(
    ("body", "time", "record"),
    [
        (b'{"time":"2026-11-22T12:00:00Z","a":1}', event_time(1_795_348_800), [("a", 1)]),
        (b'{"a":1,"ts":1795348800}', event_time(1_795_348_800), [("a", 1)]),
        (b'{"ts":1795348800,"time":"1795348801.5"}', event_time(1_795_348_801, 500_000_000), [("ts", 1_795_348_800)]),
        (b'{"ts":1795348800,"time":0.25}', event_time(1_795_348_800), [("time", 0.25)]),
        (b'{"time":"soon"}', RECEIVED, [("time", "soon")]),
        (b'{"time":[1]}', RECEIVED, [("time", [1])]),
        (b'{"time":null}', RECEIVED, [("time", None)]),
        (b'{"a":{"time":1795348800}}', RECEIVED, [("a", [("time", 1_795_348_800)])]),
        (b'{"t\\u0069me":1795348800}', event_time(1_795_348_800), []),
        (b'{"time":1,"time":1795348800}', event_time(1_795_348_800), [("time", 1)]),
        (
            b'{"time":"2200-01-01T00:00:00Z"}',
            Ext(-1, (0).to_bytes(4, "big") + (7_258_118_400).to_bytes(8, "big")),
            [],
        ),
        (
            b'{"time":"1969-12-31T23:59:59.5Z"}',
            Ext(-1, (500_000_000).to_bytes(4, "big") + b"\xff" * 8),
            [],
        ),
    ],
)
def test_the_first_time_key_that_holds_a_time_gives_the_time(transcode, body, time, record):
    """It is no member then; a time key without a time stays, and the receive time is the event's."""
    made = read(transcode, body)
    ((_, found, kept),) = messages(made)
    if isinstance(found, msgpack.Timestamp):
        found = Ext(-1, found.nanoseconds.to_bytes(4, "big") + found.seconds.to_bytes(8, "big", signed=True))
    assert (found, kept) == (time, record)
    assert made.unreadable_times + made.missing_times == (time == RECEIVED)


@pytest.mark.parametrize(
    ("body", "tag", "record"),
    [
        (b'{"tag":"web","a":1}', "web", [("a", 1)]),
        (b'{"a":1,"tag":""}', "", [("a", 1)]),
        (b'{"tag":5}', "http", [("tag", 5)]),
        (b'{"tag":"a","tag":"b"}', "b", [("tag", "a")]),
        (b'{"tag":"%s","time":1795348800,"a":1}' % (b"x" * 1000), "x" * 1000, [("a", 1)]),
        (b'{"time":1795348800,"b":2,"tag":"web","a":1}', "web", [("b", 2), ("a", 1)]),
    ],
)
def test_a_text_under_tag_is_the_tag(transcode, body, tag, record):
    """And no member then."""
    ((found, _, kept),) = messages(read(transcode, body))
    assert (found, kept) == (tag, record)


@pytest.mark.parametrize("count", [0, 15, 16, 17, 65_535, 65_536])
def test_containers_of_every_size(transcode, count):
    """Whatever head they need, and also when the time is taken out of them."""
    members = b",".join(b'"k%d":%d' % (i, i) for i in range(count))
    body = b'{"time":1795348800%s%s,"l":[%s],"m":{%s}}' % (
        b"," if count else b"",
        members,
        b",".join(b"1" for _ in range(count)),
        members,
    )
    ((_, _, record),) = messages(read(transcode, body))
    expected = [(f"k{i}", i) for i in range(count)]
    assert record == [*expected, ("l", [1] * count), ("m", expected)]


@pytest.mark.parametrize("size", [0, 7, 31, 32, 255, 256, 65_535, 65_536])
@pytest.mark.parametrize("escape", [b"", b"\\n"])
def test_texts_of_every_size(transcode, size, escape):
    """Whatever head they need, with and without escapes."""
    body = b'{"%s":"%s"}' % (b"k" * size + escape, escape + b"v" * size)
    ((_, _, record),) = messages(read(transcode, body))
    newline = "\n" if escape else ""
    assert record == [("k" * size + newline, newline + "v" * size)]


def test_what_nests_too_deep_is_skipped_whole(transcode):
    """If its brackets balance; the record itself counts as one level."""
    deep = b'{"a":\n[[["]"]]]}'
    made = read(transcode, deep + b'{"b":1}[' + deep + b',{"c":[[]]}]', max_depth=3)
    assert made.rejected == [(0, Reject.TOO_DEEP), (2, Reject.TOO_DEEP)]
    assert len(messages(made)) == 4


def test_brackets_that_never_balance_are_looked_for_once(transcode):
    """A body of lines that open and never close takes a moment, not the square of their number."""
    body = b"\n".join([b'{"a":' + b"[" * 80] * 3_000)
    assert read(transcode, body).rejected == [(i, Reject.TOO_DEEP) for i in range(3_000)]


def test_rejections_are_bounded(transcode):
    """One more than the decoder tells of, so that it says that there are more."""
    made = read(transcode, b"x\n" * (MOST_REJECTED + 100))
    assert len(made.rejected) == MOST_REJECTED + 1
    assert made.messages == b"\xc0" * (MOST_REJECTED + 1)


def test_a_tag_is_not_repeated_without_end(transcode):
    """Events past the bound on copies are rejected, as one."""
    made = read(transcode, b"{}" * 50, tag=b"x" * 68, most_copied=1000)
    assert made.rejected == [(10, Reject.TOO_MUCH_COPIED)]
    assert len(messages(made)) == 11
