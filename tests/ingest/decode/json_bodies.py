"""JSON bodies as senders (and attackers) write them, and what their messages are."""

import json

import msgpack
from hypothesis import strategies as st

from ingest.decode.values import Ext

TAG = b"http"
TIME_KEYS = (b"time", b"ts")
RECEIVED_NS = 1_795_348_800_123_456_789
PLENTY = 2**28


def read(transcode, body, *, max_depth=64, most_copied=PLENTY, tag=TAG, time_keys=TIME_KEYS):
    """What a transcoder makes of a body."""
    return transcode(body, tag, time_keys, RECEIVED_NS, max_depth, most_copied)


def messages(transcoded):
    """The messages as Python values; bytes that are not UTF-8 are lone surrogates."""
    unpacker = msgpack.Unpacker(
        raw=False, unicode_errors="surrogateescape", object_pairs_hook=list, ext_hook=Ext, strict_map_key=False
    )
    unpacker.feed(transcoded.messages)
    return list(unpacker)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(
    st.text(max_size=6) | st.sampled_from(["time", "ts", "tag", "level"]), JSON_VALUES, max_size=5
)

ATOMS = [
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\n", b" ", b"\r\n", b"\t", b"\x01", b"\xff", b"\xef\xbb\xbf"),
    *(b'"a"', b'"tag"', b'"time"', b'"ts"', b'"x\\n\\"\\/"', b'"\\ud83d\\ude00"', b'"\\ud800"', b'"\\uD83D\\u0041"'),
    *(b'"\\u00"', b'"\\x"', b'"' + b"y" * 40 + b'"', b"true", b"null", b"fals", b"NaN", b"Infinity", b"-", b".5"),
    *(b"1", b"-0", b"0.1", b"1e5", b"01", b"1.", b"1e", b"1E+", b"-9223372036854775808", b"-9223372036854775809"),
    *(b"18446744073709551615", b"18446744073709551616", b"1e400", b"0.30000000000000004", b"123456789012345678901"),
    *(b'{"a":1}', b'{"time":1700000000.123}', b'{"time":"soon"}', b'{"ts":"1700000000","time":null}', b'"time":'),
    b'{"time":"2026-11-22T10:00:00.123456789123Z","tag":"q"}',
    b'{"a":{"b":[1,{"c":null}]}}',
    b'{"tag":"' + b"z" * 300 + b'","n":[1]}',
    b"{" + b",".join(b'"k%d":%d' % (i, i) for i in range(20)) + b"}",
    b"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]",
]
_SOUP = st.lists(st.sampled_from(ATOMS), max_size=14).map(b"".join)
BODIES = st.one_of(
    _SOUP,
    _SOUP.map(lambda inner: b'{"p":' + inner + b'}\n{"q":1}'),
    _SOUP.map(lambda inner: b"[" + inner + b"]"),
    st.lists(OBJECTS, max_size=4).map(lambda objects: "\n".join(map(json.dumps, objects)).encode()),
    st.binary(max_size=40),
)
