"""The compiled decoder against the plain one: whatever the bytes, both give the same."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode.kernel import WHOLE, Kernel
from ingest.decode.settings import DecodeSettings
from ingest.decode.values import Ext
from logstore.model.batch import Rejection
from logstore.model.levels import LEVEL_SPELLINGS, LevelScale
from logstore.model.schema import Kind
from tests.ingest.decode.agreement import Agreement, is_taken
from tests.ingest.decode.strategies import RECORDS
from tests.ingest.decode.wire import Mode, entries_payload, entry, event_time, pack, packed

TIME = event_time(1_700_000_000, 1)
BOTH = Agreement()

# Keys and values that the kernel takes, and few of them, so that shapes repeat, and meet in other orders.
NAMES = ["a", "b", "message", "log", "level", "severity", "lvl", "log.level", "tag", "é", "", "a.b", "long key" * 9]
TEXTS = st.sampled_from(["", "x", "info", "WARN", " error ", "\u00a0info", "30", "7", "007", "K", "é" * 9, "x" * 40])
PLAIN_VALUES = st.recursive(
    st.one_of(
        TEXTS,
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.integers(0, 70),
        st.floats(),
    ),
    lambda inner: (
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
        | st.lists(TEXTS | st.integers(-(2**63), 2**64 - 1) | st.booleans() | st.none(), max_size=3)
    ),
    max_leaves=5,
)
PLAIN_RECORDS = st.dictionaries(st.sampled_from(NAMES), PLAIN_VALUES, max_size=6)
ODD_TIMES = [Ext(0, b"\xff\xff\xff\xff\0\0\0\1"), Ext(0, b"\xff" * 4), Ext(-1, b"abc"), "1", b"1", True, (), ((1, 2),)]
TIMES = st.one_of(
    st.just(TIME),
    st.builds(event_time, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.integers(-(2**63), 2**64 - 1),
    st.integers(0, 2**34),
    st.floats(),
    st.none(),
    st.just([TIME, ()]),
    st.just([TIME, (("otlp", 1),)]),
    st.just([TIME]),
    st.builds(
        lambda mark, form: [mark, [mark, ()], [mark, (), 1], [[mark], ()], [mark, None]][form],
        st.sampled_from([Ext(0, b"\xff\xff\xff\xff\0\0\0\0"), Ext(0, b"\xff\xff\xff\xfe\0\0\0\0")]),
        st.integers(0, 4),
    ),
    st.sampled_from(ODD_TIMES),
    st.just(Ext(-1, struct.pack(">I", 1_700_000_000))),
)
ENTRIES = st.lists(st.tuples(TIMES, PLAIN_RECORDS | RECORDS).map(list), max_size=5)


def log_of(payloads, mode=Mode.PACKED, **fields):
    """Chunks of these payloads, one after the other."""
    log, seq = [], 1000
    for payload in payloads:
        log.append(entry(mode, payload, seq=seq, **fields))
        seq = log[-1].end
    return log


@given(st.lists(st.lists(PLAIN_RECORDS, max_size=5), max_size=4), st.sampled_from(["app", "tägs", ""]))
@settings(max_examples=150)
def test_plain_records(chunks, tag):
    """What collectors send."""
    BOTH.of(log_of([entries_payload([TIME, record] for record in records) for records in chunks], tag=tag))


@given(PLAIN_RECORDS, st.randoms())
@settings(max_examples=100)
def test_the_order_of_keys_makes_no_difference(record, rng):
    """Some senders write the keys of each record in an order of its own; where it decides something, it decides it."""

    def shuffled(value):
        if not isinstance(value, dict):
            return value
        members = [(key, shuffled(member)) for key, member in value.items()]
        rng.shuffle(members)
        return dict(members)

    BOTH.of([packed(entries_payload([TIME, shuffled(record)] for _ in range(6)))])


@given(st.lists(ENTRIES, max_size=4))
@settings(max_examples=150)
def test_any_records_at_any_time(chunks):
    """Plain ones and all others, in one chunk and in several."""
    BOTH.of(log_of([entries_payload(events) for events in chunks]))


@given(st.lists(ENTRIES, max_size=3), st.integers(-1, 1))
@settings(max_examples=60)
def test_forward_arrays(chunks, too_many):
    """The entries of an array, and arrays that claim one entry less or more than there are."""
    payloads = [pack(events) for events in chunks]
    BOTH.of(log_of(payloads, Mode.FORWARD))
    wrong = [struct.pack(">BI", 0xDD, max(len(events) + too_many, 0)) + entries_payload(events) for events in chunks]
    BOTH.of(log_of(wrong, Mode.FORWARD))


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["app", "", "tägs", b"bin", "\udcff", 7]),
        TIMES,
        PLAIN_RECORDS | RECORDS,
        st.sampled_from([(), ((),), (None,), ((("metadata", (("a", 1),)),),), ("option",), ((), 1)]),
    ).map(lambda found: [*found[:3], *found[3]]),
    max_size=4,
)


@given(st.lists(MESSAGES, max_size=3))
@settings(max_examples=100)
def test_messages(chunks):
    """Message mode, with options of all kinds."""
    BOTH.of(log_of([entries_payload(events) for events in chunks], Mode.MESSAGES, tag=""))


@given(ENTRIES.filter(bool), st.integers(0, 10**6), st.binary(max_size=2), st.integers(0, 2), st.integers(1, 6))
@settings(max_examples=200)
def test_mutated_bytes(events, place, new, gone, rows_bound):
    """Some bytes of well-formed chunks replaced, inserted or lost; and a bound that is too low."""
    payload = bytearray(entries_payload(events))
    place %= len(payload)
    payload[place : place + gone] = new
    for mode in (Mode.PACKED, Mode.FORWARD):
        BOTH.of([entry(mode, bytes(payload))])
    BOTH.of(log_of([bytes(payload)] * 2, rows_bound=rows_bound))


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x92\xd7\0\x65\0\0\0\0\0\0\1", b"\x92\1\x81\xa1k"]))
@settings(max_examples=200)
def test_random_bytes(data, start):
    """No bytes at all make a difference."""
    for mode in (Mode.MESSAGES, Mode.FORWARD, Mode.PACKED):
        BOTH.of([entry(mode, start + data)])


@given(st.lists(st.lists(PLAIN_RECORDS, max_size=4), max_size=3), st.data())
@settings(max_examples=60)
def test_other_settings(chunks, data):
    """Depth, number of columns, keys and scale are those of the settings that the chunk came in with."""
    chosen = {
        number: DecodeSettings(
            message_keys=tuple(data.draw(st.permutations(["log", "a", "a.b"]))),
            level_keys=tuple(data.draw(st.permutations(["level", "lvl", "log.level", "a.b"]))),
            level_scale=data.draw(st.sampled_from(LevelScale)),
            max_depth=data.draw(st.integers(1, 4)),
        )
        for number in (1, 2)
    }
    payloads = [entries_payload([TIME, record] for record in records) for records in chunks]
    log = [log_of([payload], settings=1 + place % 2)[0] for place, payload in enumerate(payloads)]
    Agreement(chosen).of([type(found)(1000 * place, found.chunk) for place, found in enumerate(log, 1)])


@pytest.mark.parametrize("mode", [Mode.PACKED, Mode.FORWARD])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_what_lies_past_the_bound_is_told(mode, limit):
    """The kernel stops there; nothing is decoded twice."""
    events = [[TIME, {"a": number}] for number in range(5)]
    found = entry(mode, pack(events) if mode is Mode.FORWARD else entries_payload(events), rows_bound=limit)
    decoded = BOTH.of([found])
    assert decoded.batch.rows == limit
    assert decoded.rejections == ((Rejection(999 + limit, "more events than announced"),) if limit < 5 else ())
    assert is_taken(found)


@pytest.mark.parametrize("depth", range(1, 6))
@pytest.mark.parametrize("inner", [(), [], [[]], (("a", ()),), (("a", [()]),), 1])
def test_depth_is_measured_alike(depth, inner):
    """Containers within each other, empty ones too."""
    value = inner
    for _ in range(3):
        Agreement({0: DecodeSettings(max_depth=depth)}).of([packed(entries_payload([[TIME, (("k", value),)]] * 2))])
        value = (("m", value), ("l", [value]))


@pytest.mark.parametrize("scale", LevelScale)
def test_every_level_in_every_spelling(scale):
    """Capitals, blanks around, numbers as text and as numbers; and what only looks like a level."""
    words = sorted(LEVEL_SPELLINGS) + [str(number) for number in range(120)]
    forms = [word for spelling in words for word in (spelling, spelling.upper(), f" {spelling}\n", f"{spelling}x")]
    forms += [
        "\u00a0info",
        "info\u3000",
        "\u212a",
        "\u017fevere",
        "\u0661",
        "",
        " ",
        "+1",
        "1 ",
        "0" * 9,
        "x" * 99,
        " " * 99,
    ]
    events = [[TIME, {key: value}] for key in ("level", "severity") for value in [*forms, *range(-3, 300), 2**63, True]]
    log = [packed(entries_payload(events), settings=1)]
    assert is_taken(log[0], DecodeSettings(level_scale=scale))
    Agreement({1: DecodeSettings(level_scale=scale)}).of(log)


SENDERS = {
    "Fluentd": [TIME, {"log": "GET /", "kubernetes": {"labels": {"app": "web"}, "pod_name": "web-1"}, "took": 1.5}],
    "Fluent Bit": [[TIME, {}], {"log": "GET /", "stream": "stdout", "tags": ["a", "b"]}],
    "fluent-logger": [1_700_000_000, {"message": "GET /", "status": 200, "ok": True, "user": None}],
}


@pytest.mark.parametrize("sender", SENDERS)
def test_what_the_collectors_send_is_taken(sender):
    """These must never go the slow way."""
    found = packed(entries_payload([SENDERS[sender]] * 3))
    assert is_taken(found)
    assert BOTH.of([found]).batch.rows == 3


def test_messages_of_the_loggers_are_taken():
    """With and without an option."""
    events = [["app", 1_700_000_000, {"a": 1}], ["app", TIME, {"a": 1}, {}], ["app", TIME, {"a": 1}, None]]
    found = entry(Mode.MESSAGES, entries_payload(events), tag="")
    assert is_taken(found)
    assert BOTH.of([found]).batch.rows == 3


@pytest.mark.parametrize("keys", [3, 12, 63, 64, 65, 200])
def test_keys_in_any_order_are_taken(keys):
    """Of 12 keys there are 479 million orders: they must not be learned one by one."""
    rng = random.Random(keys)
    names = [f"key {number}" for number in range(keys)]
    events = [[TIME, {name: name for name in rng.sample(names, keys)}] for _ in range(50)]
    found = packed(entries_payload(events))
    assert is_taken(found)
    assert BOTH.of([found]).batch.rows == 50


def test_keys_without_end_are_forgotten():
    """Keys made of data fill what the kernel remembers; then it leaves new ones over, and starts anew when emptied."""
    kernel = Kernel(DecodeSettings())
    usual = entries_payload([[TIME, {"a": 1}]])

    def many_keys(call):
        return entries_payload([[TIME, {f"{call} {place}": 1 for place in range(4000)}]])

    def leaves_over(payload, seq):
        assert kernel.decode(3, payload, seq, 9, b"app") == WHOLE
        return len(kernel.left_over())

    assert [leaves_over(many_keys(call), 1 + call) for call in range(18)] == [0] * 16 + [1] * 2
    assert leaves_over(usual, 100) == 1
    assert kernel.take()[0] == 16
    assert leaves_over(usual, 101) == 0
    assert leaves_over(many_keys(17), 102) == 0
    rows, arrays, changes = kernel.take()
    assert (rows, changes) == (2, {})
    assert arrays["a", Kind.INT].to_pylist() == [1, None]


def test_shapes_without_end_are_forgotten():
    """The same keys, each time with other types."""
    both = Agreement()
    rng = random.Random(9)
    values = [1, 1.5, True, "x", None, []]
    for _ in range(3):
        events = [[TIME, {key: rng.choice(values) for key in "abcdefgh"}] for _ in range(1500)]
        assert both.of([packed(entries_payload(events))]).batch.rows == 1500


ODD_RECORDS = {
    "text that is not UTF-8": {"log": "\udcff"},
    "bytes": {"log": b"bytes"},
    "an extension value": {"a": Ext(5, b"z"), "b": [Ext(5, b"z" * 70_000)]},
    "a key that is a number": {7: 1, "a": 2},
    "fractions in an array": {"a": 1.5, "b": "x", "c": True, "d": [1, 2.5], "e": float("nan"), "f": 2**63},
    "a map in an array": {"level": "info", "a": [{"b": 1, "c": 2}], "b": 1},
    "too deep": {"a": [[[[[[[[[]]]]]]]]]},
}


@pytest.mark.parametrize("odd", ODD_RECORDS)
@pytest.mark.parametrize("mode", Mode)
def test_odd_events_are_decoded_one_by_one(odd, mode):
    """The rest of their chunk stays with the kernel; order, rejections and changes are as ever."""
    both = Agreement({1: DecodeSettings(max_depth=8)})
    records = [{"a": 1, "log": "x"}, ODD_RECORDS[odd], {"a": 1.5}, ODD_RECORDS[odd], {"level": "warn"}]
    events = [["app", TIME, record] if mode is Mode.MESSAGES else [TIME, record] for record in records]
    payload = pack(events) if mode is Mode.FORWARD else entries_payload(events)
    log = log_of([payload, payload], mode, settings=1, tag="" if mode is Mode.MESSAGES else "app")
    assert is_taken(log[0], DecodeSettings(max_depth=8))
    assert both.of(log).batch.rows + len(both.of(log).rejections) == 10


@pytest.mark.parametrize("odd", [[None, {"a": 1}], [1.5, {"a": 1}], [[TIME, {"b": 2}], {"a": 1}], [TIME, "no map"]])
def test_odd_entries_are_decoded_one_by_one(odd):
    """Times that need a second thought, metadata."""
    found = packed(entries_payload([[TIME, {"a": 0}], odd, [TIME, {"a": 2}]]))
    assert is_taken(found)
    BOTH.of([found])


def test_a_bound_among_odd_events():
    """What is odd may be no event, so where the bound is reached the plain decoder counts."""
    for odd in ([TIME, {"a": b"bytes"}], [TIME, "no map"]):
        payload = entries_payload([[TIME, {"a": 0}], odd, [TIME, {"a": 2}], odd, [TIME, {"a": 4}]])
        for bound in range(1, 6):
            BOTH.of([packed(payload, rows_bound=bound)])


def test_many_columns():
    """More fields than there may be columns."""
    events = [[TIME, {f"k{number}_{place}": place for place in range(20)}] for number in range(40)]
    BOTH.of([packed(entries_payload(events))])


def test_sparse_columns_of_all_kinds():
    """Values that come and go, in batches after batches; a chunk that is declined leaves nothing behind."""
    rng = random.Random(3)
    values = [1, True, 1.5, "x", [1, "a"], 2**63 + 5, (), None]
    for _ in range(6):
        records = [{key: rng.choice(values) for key in rng.sample("abcdefghij", rng.randrange(10))} for _ in range(900)]
        payloads = [entries_payload([TIME, record] for record in records[start::3]) for start in range(3)]
        payloads[1] += rng.choice([b"", b"\xc1", pack([TIME, {"a": b"bytes"}]), b"\x92"])
        BOTH.of(log_of(payloads))


def test_fields_of_few_events_are_not_spread_over_all_of_them():
    """Where columns would be nearly empty, their values are kept in `_more` by both."""
    events = [[TIME, {f"id {number % 300}": number}] for number in range(20_000)]
    decoded = BOTH.of_events([packed(entries_payload(events))])
    assert len(decoded.batch.columns) < 300


def test_many_events_of_many_chunks():
    """More than the plain decoder has in hand at a time."""
    rng = random.Random(5)
    payloads = [
        entries_payload(
            [event_time(1_700_000_000 + number, number), {"n": number, rng.choice("abc"): rng.choice(["x", 1])}]
            for number in range(9000)
        )
        for _ in range(5)
    ]
    assert BOTH.of(log_of(payloads)).batch.rows == 45_000
