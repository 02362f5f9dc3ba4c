"""Hypothesis strategies for records as senders (and attackers) write them."""

from hypothesis import strategies as st
from msgpack import Timestamp

from ingest.decode.values import Ext
from tests.ingest.decode.wire import event_time

# Few names, so that they meet: duplicates, dots against nesting, our own names, their escapes.
NAMES = (
    *("a", "b", "a.b", "a.b~2", "message", "log", "msg", "level", "severity", "lvl", "log.level", "record"),
    *("record.level", "record.message", "record.level~2", "time", "tag", "_seq", "_more", "metadata", "group"),
    *("", "A", "1", "true", "\udcff", "\\xff"),
)
LEVELS = ["info", "INFO", "warning", "loud", "30", "4"]

EXTENSIONS = st.one_of(
    st.builds(event_time, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.builds(Timestamp, st.integers(-(2**63), 2**63 - 1), st.integers(0, 10**9 - 1)),
    st.builds(Ext, st.integers(-128, 127).filter(lambda code: code != -1), st.binary(max_size=20)),
    st.just(Ext(-1, b"\xff" * 8)),
    st.just(Ext(-1, b"abc")),
)
BYTES_AS_TEXT = st.binary(max_size=8).map(lambda data: data.decode("utf-8", "surrogateescape"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([0, 2**63 - 1, 2**63, -(2**63)]),
    st.floats(),
    st.text(max_size=8),
    BYTES_AS_TEXT,
    st.binary(max_size=8),
    st.sampled_from(LEVELS),
    st.sampled_from(LEVELS).map(str.encode),
    EXTENSIONS,
)
KEYS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES[:8]),
    st.sampled_from(NAMES[:-2]).map(str.encode),
    st.sampled_from([0, 1, True, 1.0, None, [], (), [1, ("x",)[:0]], b"\xff", Ext(5, b"z"), event_time(1)]),
    BYTES_AS_TEXT,
)
LEVEL_PAIRS = st.tuples(
    st.sampled_from(["level", "severity", "log.level", b"level"]), st.sampled_from(LEVELS) | st.integers(0, 60)
)


def maps(values, max_size: int = 5):
    """Maps, as tuples of pairs; keys may repeat."""
    return st.lists(st.tuples(KEYS, values) | LEVEL_PAIRS, max_size=max_size).map(tuple)


VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | maps(inner, 3), max_leaves=6)
RECORDS = maps(VALUES, 6)
