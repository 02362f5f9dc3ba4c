"""Tests of the decoder as a whole: each rule by an example."""

import gzip
import json
from collections import Counter
from threading import Thread

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode import changes, reasons
from ingest.decode.decoder import PlainDecoder
from ingest.decode.settings import DecodeSettings
from ingest.decode.values import Ext
from logstore.errors import SettingsError
from logstore.model.batch import Rejection
from logstore.model.chunk import Compression
from logstore.model.levels import LevelScale
from logstore.model.schema import MORE, Kind
from tests.ingest.decode.strategies import RECORDS, VALUES
from tests.ingest.decode.wire import RECEIVED_NS, Mode, entries_payload, entry, event_time, pack, packed
from tests.logstore.model.batches import read_batch

TIME = event_time(1_700_000_000, 1)
START = Ext(0, b"\xff\xff\xff\xff\0\0\0\0")
END = Ext(0, b"\xff\xff\xff\xfe\0\0\0\0")


def decode(*entries, **choices):
    """What the entries become by settings with these choices."""
    return PlainDecoder({0: DecodeSettings(**choices)}).decode(entries)


def plain(value):
    """The value that a comparable one stands for."""
    return value[1][0] if value[0] == "float" and value[1] != "nan" else value[1]


def fields_of(record, **choices):
    """The fields of one event, with `time`, `_seq` and `tag` left out."""
    decoded = decode(packed(entries_payload([[TIME, record]])), **choices)
    (row,) = read_batch(decoded.batch)
    return {name: plain(value) for name, (_, value) in row.items() if name not in ("time", "_seq", "tag")}


def seqs(decoded):
    """The sequence numbers of the events."""
    return decoded.batch.table.column("_seq").to_pylist()


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ({}, {}),
        ({"a": {"b": {"c": 1}}, "d": 2}, {"a.b.c": 1, "d": 2}),
        ({"a": [1, {"b": None}], "e": {}, "n": []}, {"a": '[1,{"b":null}]', "e": "{}", "n": "[]"}),
        ({"a": None, "b": {"c": None}}, {}),
        ((("a", 1), ("b", 2), ("a", "x")), {"a": "x", "b": 2}),
        ((("a", {"b": 1}), ("a", {"c": 2})), {"a.c": 2}),
        ((("a", 1), ("a", None)), {}),
        ({"a.b": 1, "a": {"b": 2}}, {"a.b": 1, "a.b~2": 2}),
        ({"a": {"b": 2}, "a.b": 1}, {"a.b": 2, "a.b~2": 1}),
        ({"a.b": 1, "a.b~2": 2, "a": {"b": 3}}, {"a.b": 1, "a.b~2": 2, "a.b~3": 3}),
        ({"": 1, "x": {"": 2}}, {"": 1, "x.": 2}),
        (((1, "i"), (True, "b"), (None, "n"), (b"k", "s")), {"1": "i", "true": "b", "null": "n", "k": "s"}),
        (((1, "x"), ("1", "y")), {"1": "y"}),
        ({"time": 1, "tag": "x", "_seq": 2, "_more": 3}, {f"record.{k}": v for k, v in
            {"time": 1, "tag": "x", "_seq": 2, "_more": 3}.items()}),
        ({"x": 2**64 - 1, "y": -(2**63), "z": 1.5, "b": True}, {"x": 2**64 - 1, "y": -(2**63), "z": 1.5, "b": True}),
        ({"x": b"text", "y": b"\xff"}, {"x": "text", "y": "base64:/w=="}),
        ({"x": "\udcff"}, {"x": "\\xff"}),
        ({"t": event_time(0, 1)}, {"t": "1970-01-01T00:00:00.000000001Z"}),
        ({"x": "s" * 2**20}, {"x": "s" * 2**20}),
    ],
)  # fmt: skip
def test_flattening(record, fields):
    """Names, kinds and values of fields."""
    assert fields_of(record) == fields


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ({"log": "a", "msg": "b"}, {"message": "a", "msg": "b"}),
        ({"log": "a", "message": "b"}, {"message": "b", "log": "a"}),
        ({"message": 5, "log": "a"}, {"record.message": 5, "message": "a"}),
        ({"message": {"a": 1}, "body": ""}, {"message.a": 1, "message": ""}),
        ({"message": {}}, {"record.message": "{}"}),
        ({"x": {"message": "a"}}, {"x.message": "a"}),
        ({"message": "a", "record.message": "b"}, {"message": "a", "record.message": "b"}),
        ({"record.message": "b", "message": 1}, {"record.message": "b", "record.message~2": 1}),
        ({"message": b"a"}, {"message": "a"}),
        ({"Message": "a"}, {"Message": "a"}),
    ],
)
def test_the_message(record, fields):
    """The first configured key with text moves to `message`; nothing else does."""
    assert fields_of(record) == fields


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ({"level": "info"}, {"level": "info"}),
        ({"level": "INFO"}, {"level": "info"}),
        ({"level": "Warning"}, {"level": "warn", "record.level": "Warning"}),
        ({"level": 30}, {"level": "info", "record.level": 30}),
        ({"level": "loud"}, {"record.level": "loud"}),
        ({"level": "loud", "severity": "ERR"}, {"level": "error", "record.level": "loud", "severity": "ERR"}),
        ({"lvl": 4, "severity": "x"}, {"level": "warn", "lvl": 4, "severity": "x"}),
        ({"log": {"level": "debug"}}, {"level": "debug", "log.level": "debug"}),
        ({"log.level": "debug", "log": "text"}, {"level": "debug", "log.level": "debug", "message": "text"}),
        ({"level": {"name": "info"}}, {"level.name": "info"}),
        ({"level": True}, {"record.level": True}),
        ({"level": ["info"]}, {"record.level": '["info"]'}),
        ({"level": b"WARN"}, {"level": "warn"}),
        ({"level": "warn", "record.level": "warning"}, {"level": "warn", "record.level": "warning"}),
        (
            {"level": "warning", "record.level": "x"},
            {"level": "warn", "record.level": "warning", "record.level~2": "x"},
        ),
    ],
)
def test_the_level(record, fields):
    """The first configured field that is a level; the record's own only where it says more."""
    assert fields_of(record) == fields


def test_settings_choose_keys_and_scale():
    """Message keys, level keys and the scale of numbers are an operator's choice."""
    record = {"text": "a", "sev": 9, "message": "b", "level": "info"}
    choices = {"message_keys": ("text",), "level_keys": ("sev",), "level_scale": LevelScale.OTLP}
    assert fields_of(record, **choices) == {"message": "a", "sev": 9, "record.message": "b", "level": "info"}


def test_each_chunk_is_decoded_by_its_own_settings():
    """Replay after a change of settings gives the old rows for old chunks; there is no guess for unknown ids."""
    decoder = PlainDecoder({1: DecodeSettings(message_keys=("a",)), 2: DecodeSettings(message_keys=("b",))})
    payload = entries_payload([[TIME, {"a": "1", "b": "2", "log": "3"}]])
    log = [packed(payload, seq=10 * number, settings=number) for number in (1, 2, 3)]
    assert decoder.decode(log[:2]).batch.table.column("message").to_pylist() == ["1", "2"]
    with pytest.raises(KeyError):
        decoder.decode(log)


@pytest.mark.parametrize("choice", [{"max_depth": 0}, {"max_depth": 10**6}, {"max_decompressed_bytes": 2**40}])
def test_settings_that_could_make_decoding_fail_are_refused(choice):
    """The limits have limits."""
    with pytest.raises(SettingsError):
        DecodeSettings(**choice)


def test_keys_that_python_takes_for_equal_stay_apart():
    """1, true and 1.0 are three keys, also when records with one of them came before."""
    events = [[TIME, ((key, "x"),)] for key in (1, True, 1.0, "1")]
    rows = read_batch(decode(packed(entries_payload(events))).batch)
    assert [next(iter(row.keys() - {"time", "_seq", "tag"})) for row in rows] == ["1", "true", "1.0", "1"]


def test_every_change_is_counted():
    """Each by its phrase, per value."""
    events = [
        [None, (("a", None), ("b", 1), ("b", 2), (3, "x"))],
        [-5, {"a.b": 1, "a": {"b": "\udcff"}}],
        [event_time(1, 2 * 10**9), {"x": b"\xff", "y": Ext(9, b""), "z": event_time(1), "n": [float("nan")]}],
        [[TIME, "no map"], {"f": float("inf")}],
    ]
    assert decode(packed(entries_payload(events))).changes == {
        changes.TIME_MISSING: 1,
        changes.NULL_DROPPED: 1,
        changes.DUPLICATE_KEY: 1,
        changes.KEY_TO_TEXT: 1,
        changes.TIME_BEFORE_1970: 1,
        changes.NAME_TAKEN: 1,
        changes.TEXT_ESCAPED: 1,
        changes.TIME_CARRIED: 1,
        changes.BYTES_TAGGED: 1,
        changes.EXTENSION_TAGGED: 1,
        changes.EXTENSION_TIME: 1,
        changes.NOT_FINITE: 2,
        changes.METADATA_IGNORED: 1,
    }


def test_a_field_of_several_kinds_has_a_column_for_each():
    """The commonest kind has the plain name."""
    values = [1, 2, "x", 1.5, True, 2**63, [1], None, 3]
    batch = decode(packed(entries_payload([TIME, {"v": value}] for value in values))).batch
    names = {column.kind: column.name for column in batch.columns[5:]}
    assert names == {kind: "v" if kind is Kind.INT else f"v#{kind.value}" for kind in Kind if kind is not Kind.TIME}
    assert batch.table.column("v").to_pylist() == [1, 2, None, None, None, None, None, None, 3]


def test_forward_and_packed_entries_take_the_tag_of_the_chunk():
    """The same entries in either mode, compressed or not, are the same rows."""
    events = [[TIME, {"a": number}] for number in range(3)]
    payload = entries_payload(events)
    forms = [
        entry(Mode.FORWARD, pack(events)),
        packed(payload),
        packed(gzip.compress(payload[:9]) + gzip.compress(payload[9:]), compression=Compression.GZIP, rows_bound=99),
        packed(zstandard.compress(payload), compression=Compression.ZSTD, rows_bound=99),
    ]
    tables = [decode(form).batch.table for form in forms]
    assert tables[0].column("tag").to_pylist() == ["app"] * 3
    assert all(table.equals(tables[0]) for table in tables)


def test_messages_name_their_tags():
    """Tags come from the payload, as str or bin, bad UTF-8 replaced and counted; option metadata is kept."""
    messages = [
        ["a", TIME, {"x": 1}],
        [b"b", 5, {"x": 2}, None],
        ["c\udcff", TIME, {}, {"chunk": "id"}],
        ["", TIME, {}, {"metadata": {"k": "v"}}],
        ["d", TIME, {}, "no map"],
        ["e", TIME, {}, {}],
        ["f", TIME, {}, {"metadata": 5}, "extra"],
    ]
    decoded = decode(entry(Mode.MESSAGES, b"".join(map(pack, messages))))
    assert decoded.batch.table.column("tag").to_pylist() == ["a", "b", "c\ufffd", "", "d", "e", "f"]
    assert decoded.batch.table.column("metadata.k").to_pylist() == [None] * 3 + ["v"] + [None] * 3
    assert decoded.changes == {changes.TAG_REPLACED: 1, changes.OPTION_IGNORED: 1, changes.METADATA_IGNORED: 1}


def test_bad_messages_are_rejected_one_by_one():
    """Each by its reason, and the good one among them survives."""
    messages = [["t", 1], [5, 1, {}], ["t", "1", {}], ["t", 1, []], 7, ["t", 1, {}]]
    decoded = decode(entry(Mode.MESSAGES, b"".join(map(pack, messages))))
    assert [one.reason for one in decoded.rejections] == [
        reasons.NOT_A_MESSAGE,
        reasons.BAD_TAG,
        reasons.BAD_TIME,
        reasons.BAD_RECORD,
        reasons.NOT_A_MESSAGE,
    ]
    assert seqs(decoded) == [1005]


def test_good_entries_around_bad_ones_survive():
    """Every place counts for `_seq`, good or bad."""
    deep = []
    for _ in range(64):
        deep = [deep]
    events = [[TIME, {}], 5, [TIME], [TIME, 7], {"a": 1}, ["x", {}], [2**63, {}], [TIME, {"d": deep}], [TIME, {}]]
    decoded = decode(packed(entries_payload(events)))
    assert seqs(decoded) == [1000, 1008]
    assert decoded.rejections == tuple(
        Rejection(1001 + place, reason)
        for place, reason in enumerate(
            [
                reasons.NOT_AN_ENTRY,
                reasons.NOT_AN_ENTRY,
                reasons.BAD_RECORD,
                reasons.NOT_AN_ENTRY,
                reasons.BAD_TIME,
                reasons.TIME_OUT_OF_RANGE,
                reasons.TOO_DEEP,
            ]
        )
    )


@pytest.mark.parametrize(
    ("tail", "reason"),
    [(b"\xc1", reasons.BAD_MSGPACK), (b"\x92\x01", reasons.TRUNCATED), (b"\x92\x01\x81\xa1a\xc1", reasons.BAD_MSGPACK)],
)
@pytest.mark.parametrize("mode", [Mode.PACKED, Mode.FORWARD, Mode.MESSAGES])
def test_the_good_prefix_is_kept(mode, tail, reason):
    """Truncation and bytes that are no msgpack end a chunk, they do not undo it."""
    event = ["t", TIME, {}] if mode is Mode.MESSAGES else [TIME, {}]
    payload = (b"\x93" if mode is Mode.FORWARD else b"") + pack(event) * 2 + tail
    decoded = decode(entry(mode, payload))
    assert seqs(decoded) == [1000, 1001]
    assert decoded.rejections == (Rejection(1002, reason),)


@pytest.mark.parametrize(
    ("payload", "rejections"),
    [
        (b"\x90", []),
        (b"\x05", [Rejection(1000, reasons.NOT_AN_ENTRY_LIST)]),
        (b"", [Rejection(1000, reasons.TRUNCATED)]),
        (b"\x92" + pack([TIME, {}]), [Rejection(1001, reasons.TRUNCATED)]),
        (b"\x91" + pack([TIME, {}]) + b"\x05\x06", [Rejection(1001, reasons.LEFTOVER)]),
        (b"\xdc\0\x01" + pack([TIME, {}]), []),
        (b"\xdd\0\0\0\x01" + pack([TIME, {}]), []),
    ],
)
def test_a_forward_payload_is_one_array(payload, rejections):
    """Its length is checked against what is there."""
    assert list(decode(entry(Mode.FORWARD, payload)).rejections) == rejections


def test_an_empty_chunk_has_no_events():
    """Nothing comes of nothing, compressed or not."""
    for compression in (Compression.NONE, Compression.GZIP, Compression.ZSTD):
        decoded = decode(packed(b"", compression=compression))
        assert (decoded.batch.rows, decoded.rejections, decoded.changes) == (0, (), {})
    assert decode().batch.rows == 0


def test_a_chunk_that_does_not_inflate_is_rejected_whole():
    """One rejection for it, and the next chunk is decoded."""
    good = packed(entries_payload([[TIME, {}]]), seq=2000)
    decoded = decode(packed(b"not gzip", compression=Compression.GZIP), good)
    assert decoded.rejections == (Rejection(1000, reasons.COMPRESSED_CORRUPT),)
    assert seqs(decoded) == [2000]
    bomb = packed(gzip.compress(b"\0" * 10**6), compression=Compression.GZIP)
    assert decode(bomb, max_decompressed_bytes=1000).rejections[0].reason == reasons.COMPRESSED_TOO_LARGE


def test_no_event_gets_a_number_of_the_next_entry():
    """A chunk with more events than its bound loses the rest, told under its last number."""
    payload = entries_payload([[TIME, {}]] * 5)
    decoded = decode(packed(payload, rows_bound=3), packed(payload, seq=1003))
    assert seqs(decoded) == [1000, 1001, 1002, *range(1003, 1008)]
    assert decoded.rejections == (Rejection(1002, reasons.PAST_BOUND),)


def test_rejections_of_one_chunk_are_bounded():
    """A chunk of garbage does not become a million rejections."""
    decoded = decode(packed(b"\x05" * 100_000 + pack([TIME, {}])))
    assert len(decoded.rejections) == 65_537
    assert decoded.rejections[-1].reason == reasons.TOO_MANY_REJECTED
    assert decoded.batch.rows == 0


def test_a_string_time_is_no_event():
    """`["t", "1700000000", {}]` is read as packed bytes by everyone: each digit is a bad entry."""
    decoded = decode(packed(b"1700000000"))
    assert len(decoded.rejections) == 10
    assert decoded.batch.rows == 0


def test_missing_times_are_the_time_of_receipt():
    """Replay must not read a clock."""
    decoded = decode(packed(entries_payload([[None, {}], [0, {}], [event_time(0), {}]])))
    assert (decoded.batch.time_min_ns, decoded.batch.time_max_ns) == (RECEIVED_NS, RECEIVED_NS)


def test_metadata_of_an_event_is_kept_apart():
    """It stands under `metadata`; empty or null metadata is none; only one level is unwrapped."""
    events = [
        [[TIME, {"k": {"l": 1}}], {"metadata.k.l": 2}],
        [[TIME, {}], {}],
        [[TIME, None], {}],
        [[[TIME, {}], {}], {}],
    ]
    decoded = decode(packed(entries_payload(events)))
    assert decoded.batch.table.column("metadata.k.l").to_pylist() == [2, None, None]
    assert decoded.batch.table.column("metadata.k.l~2").to_pylist() == [1, None, None]
    assert decoded.rejections == (Rejection(1003, reasons.BAD_TIME),)


def test_log_groups_belong_to_the_events_between():
    """The marks are no events, take places, and do not reach past their end or their chunk."""
    body = {"resource": {"attributes": {"service.name": "web"}}, "scope": {"name": "lib"}}
    events = [
        [TIME, {"n": 0}],
        [[START, {"schema": "otlp"}], body],
        [[TIME, {}], {"n": 1, "scope": {"name": "own"}}],
        [TIME, {"n": 2}],
        [[END, {}], {}],
        [TIME, {"n": 3}],
        [START, {"unclosed": True}],
    ]
    decoded = decode(packed(entries_payload(events)), packed(entries_payload([[TIME, {"n": 4}]]), seq=2000))
    table = decoded.batch.table
    assert seqs(decoded) == [1000, 1002, 1003, 1005, 2000]
    assert table.column("resource.attributes.service.name").to_pylist() == [None, "web", "web", None, None]
    assert table.column("scope.name").to_pylist() == [None, "own", "lib", None, None]
    assert table.column("scope.name~2").to_pylist() == [None, "lib", None, None, None]
    assert table.column("group.schema").to_pylist() == [None, "otlp", "otlp", None, None]
    assert "unclosed" not in table.column_names
    assert decoded.rejections == ()


def test_a_group_mark_without_a_map_is_rejected():
    """It opens a group of what it does have."""
    decoded = decode(packed(entries_payload([[[START, {"k": 1}], 5], [TIME, {}]])))
    assert decoded.rejections == (Rejection(1000, reasons.BAD_RECORD),)
    assert decoded.batch.table.column("group.k").to_pylist() == [1]


def test_depth_counts_containers_and_the_record():
    """Exactly `max_depth` passes; keys count, and so does each source by itself."""
    for nested in (
        {"a": {"b": {}}},
        {"a": [[1]]},
        {"a": ((b"k", ()),)},
        (([[1]], 1),),
        (([1], 1), ([1], 2)),
    ):
        payload = entries_payload([[TIME, nested]])
        assert decode(packed(payload), max_depth=3).batch.rows == 1
    for nested in ({"a": {"b": {"c": {}}}}, {"a": [[[1]]]}, (([[[1]]], 1),), {"a": [(([[]], 1),)]}):
        decoded = decode(packed(entries_payload([[[TIME, nested], {}], [TIME, nested], [TIME, {}]])), max_depth=3)
        assert [one.reason for one in decoded.rejections] == [reasons.TOO_DEEP] * 2
        assert seqs(decoded) == [1002]


@pytest.mark.parametrize("levels", [65, 1000, 1100, 100_000])
def test_any_depth_is_survived(levels):
    """From one past the limit to far past every library's own."""
    bad = b"\x92\x01\x81\xa1a" + b"\x91" * levels + b"\x01"
    decoded = decode(packed(bad + pack([TIME, {"x": 1}])))
    assert decoded.rejections == (Rejection(1000, reasons.TOO_DEEP),)
    assert seqs(decoded) == [1001]


def test_many_keys_cost_no_more_than_their_values():
    """A thousand events with keys of their own are kept in `_more`, and joined pieces stay within the columns."""
    events = [[TIME, {f"k{number}.{key}": key for key in range(5)}] for number in range(1000)]
    decoded = decode(packed(entries_payload(events)))
    assert len(decoded.batch.columns) == 500
    assert decoded.batch.has_more
    assert all(len(row) == 3 + 5 for row in read_batch(decoded.batch))
    assert json.loads(decoded.batch.table.column(MORE)[999].as_py()[0][1]) == 0


def test_more_events_than_one_piece_holds():
    """Long runs are put together from pieces without a seam."""
    count = 70_000
    payload = entries_payload([TIME, {"n": number}] for number in range(count))
    batch = decode(packed(payload)).batch
    assert batch.table.column("n").to_pylist() == list(range(count))
    assert batch.table.column("_seq").to_pylist() == list(range(1000, 1000 + count))


def test_one_decoder_serves_several_threads():
    """Concurrent calls give what one call gives."""
    decoder = PlainDecoder()
    payload = entries_payload([TIME, {f"k{number % 50}": number, "x": {"y": "z"}}] for number in range(500))
    expected = read_batch(PlainDecoder().decode([packed(payload)]).batch)
    results = []
    threads = [
        Thread(target=lambda: results.append(read_batch(decoder.decode([packed(payload)]).batch))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 4


@given(st.sampled_from(Mode), st.binary(max_size=200), st.sampled_from(Compression), st.integers(1, 50))
@settings(max_examples=300)
def test_any_bytes_are_survived(mode, payload, compression, rows_bound):
    """No payload raises, and whatever comes of it is a proper batch within its numbers."""
    decoded = decode(entry(mode, payload, compression=compression, rows_bound=rows_bound))
    assert all(1000 <= seq < 1000 + rows_bound for seq in seqs(decoded))
    assert all(1000 <= one.seq < 1000 + rows_bound for one in decoded.rejections)
    read_batch(decoded.batch)


ANY_ENTRY = VALUES | st.tuples(VALUES | st.just(TIME), RECORDS | VALUES).map(list)


@given(st.sampled_from(Mode), st.lists(ANY_ENTRY | st.tuples(st.text(), VALUES, RECORDS, VALUES).map(list)))
@settings(max_examples=100)
def test_any_msgpack_is_survived(mode, values):
    """Every place of well-formed msgpack is an event or a rejection, or the mark of a group."""
    payload = pack(values) if mode is Mode.FORWARD else entries_payload(values)
    decoded = decode(entry(mode, payload))
    places = seqs(decoded) + [one.seq for one in decoded.rejections]
    assert sorted(places) == list(range(1000, 1000 + len(values)))


def test_rejected_events_count_no_changes():
    """What was changed in an event that is not kept is of no interest."""
    deep = {"a": {"b": {"c": 1}}}
    events = [[-5, deep], [None, deep], [2**63, ((5, None), (5, 1))]]
    assert Counter(decode(packed(entries_payload(events)), max_depth=2).changes) == Counter()
