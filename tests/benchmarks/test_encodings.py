"""Tests of benchmarks.encodings and benchmarks.spool: what is sent can be read, and is the same for everybody."""

import gzip as gzip_codec

import msgpack
import orjson
import pyarrow as pa
import pytest

from benchmarks.encodings import (
    ENCODINGS,
    gzip,
    json_bytes,
    json_lines,
    json_lines_gzip,
    json_posts,
    loki_push,
    message,
    options,
)
from benchmarks.encodings import packed as packed_encoding
from benchmarks.spool import prepare
from benchmarks.workload import Workload, generate

START_NS = 1_795_341_600_123_456_789


@pytest.fixture
def workload():
    """Some chunks."""
    return Workload(700, START_NS, sources=10, most=300)


@pytest.fixture
def batch(workload):
    """One of them."""
    return next(generate(workload))


def times_and_records(entries):
    """Of unpacked entries."""
    return [(time.seconds * 10**9 + time.nanoseconds, record) for time, record in entries]


def unpack(data):
    """Msgpack values one after the other; event times as `msgpack.Timestamp`."""
    unpacker = msgpack.Unpacker(
        ext_hook=lambda _, data: msgpack.Timestamp(int.from_bytes(data[:4], "big"), int.from_bytes(data[4:], "big")),
        unicode_errors="surrogateescape",
    )
    unpacker.feed(data)
    return list(unpacker)


@pytest.mark.parametrize(("encode", "compressed"), [(packed_encoding, False), (gzip, True)])
def test_packed_messages(batch, encode, compressed):
    """Tag, entries as str32, and options as Fluentd writes them; the entries are the events."""
    ((data, events),) = encode(batch)
    ((tag, payload, facts),) = unpack(data + options(b"id", events, compressed=compressed))
    entries = payload.encode("utf-8", "surrogateescape")
    assert data[1 + len(msgpack.packb(tag))] == 0xDB
    assert tag == batch.source.tag
    assert times_and_records(unpack(gzip_codec.decompress(entries) if compressed else entries)) == batch.events
    assert facts == {"size": events, "compressed": "gzip" if compressed else "text", "chunk": "id"}


def test_messages(batch):
    """One for each event, with its tag."""
    frames = list(message(batch))
    found = [value for data, _ in frames for value in unpack(data)]
    assert [events for _, events in frames] == [1] * len(batch.events)
    assert {tag for tag, _, _ in found} == {batch.source.tag}
    assert times_and_records((time, record) for _, time, record in found) == batch.events


def test_json_lines(batch):
    """The record with its time and tag in each line; compressed it is the same."""
    ((data, events),) = json_lines(batch)
    rows = [orjson.loads(line) for line in data.splitlines()]
    assert events == len(rows)
    assert [row.pop("time")[-10:] for row in rows] == [f"{time_ns % 10**9:09}Z" for time_ns, _ in batch.events]
    assert {row.pop("tag") for row in rows} == {batch.source.tag}
    assert rows == [record for _, record in batch.events]
    ((compressed, _),) = json_lines_gzip(batch)
    assert gzip_codec.decompress(compressed) == data


def test_json_for_our_own_api(batch):
    """The tag comes first, and is in no line."""
    ((data, events),) = json_posts(batch)
    tag, *lines = data.splitlines()
    rows = [orjson.loads(line) for line in lines]
    assert events == len(rows)
    assert tag.decode() == batch.source.tag
    assert [{name: value for name, value in row.items() if name != "time"} for row in rows] == [
        record for _, record in batch.events
    ]


def test_loki_push(batch):
    """One stream with the labels, and a timestamp and a line for each event; read by a reader of protobuf made here."""
    ((data, events),) = loki_push(batch)
    size, _ = varint(data, 0)
    (stream,) = fields(pa.decompress(data, size, codec="snappy", asbytes=True))
    labels, *entries = fields(stream)
    assert labels.decode() == "{" + ", ".join(f'{k}="{v}"' for k, v in sorted(batch.source.labels.items())) + "}"
    assert len(entries) == events
    timestamp, line = fields(entries[0])
    seconds, at = varint(timestamp, 1)
    nanoseconds, _ = varint(timestamp, at + 1)
    assert (seconds * 10**9 + nanoseconds, orjson.loads(line)) == batch.events[0]


def fields(data):
    """The contents of the fields of a protobuf message that has only fields of bytes."""
    found, at = [], 0
    while at < len(data):
        _, at = varint(data, at)
        size, at = varint(data, at)
        found.append(data[at : at + size])
        at += size
    return found


def varint(data, at):
    """A number, and where the next one begins."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def test_a_spool_gives_back_what_the_encodings_gave(workload, tmp_path):
    """For all encodings, and it counts what it holds."""
    spool = prepare(workload, ENCODINGS, tmp_path / "spool")
    batches = list(generate(workload))
    for name, encode in ENCODINGS.items():
        frames = [(bytes(frame.data), frame.events) for frame in spool.frames(name)]
        assert frames == [frame for batch in batches for frame in encode(batch)]
    assert (spool.events, spool.chunks) == (700, len(batches))
    assert spool.json_bytes == sum(map(json_bytes, batches))
    assert spool.tags == len({batch.source.tag for batch in batches})


def test_a_spool_is_used_again(workload, tmp_path):
    """Only encodings that are not there yet are made."""
    first = prepare(workload, ["packed"], tmp_path)
    made = (tmp_path / "packed.frames").stat().st_mtime_ns
    assert prepare(workload, ["packed", "gzip"], tmp_path) == first
    assert (tmp_path / "packed.frames").stat().st_mtime_ns == made
    assert sum(frame.events for frame in first.frames("gzip")) == 700
