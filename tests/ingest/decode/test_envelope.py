"""Tests of what is laid over decoded events: tags, fields about the source, and chunks that hold no logs."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode.decoder import PlainDecoder
from ingest.decode.envelope import EnvelopeDecoder
from ingest.decode.settings import DecodeSettings
from ingest.decode.source_fields import address_of
from ingest.signals import why_not_decoded
from ingest.tags import TagRewriting
from logstore.errors import SettingsError
from logstore.model.batch import Rejection
from logstore.model.chunk import Chunk, Entry, Mode
from tests.ingest.decode.rows import rows
from tests.ingest.decode.wire import entry, pack, packed

SOURCES = DecodeSettings(source_address_key="ip", source_hostname_key="host")


def decoder(**known):
    """A decoder of whole chunks; settings by `s0`, `s1`, ..., the defaults under 0 unless given."""
    found = {0: DecodeSettings(), **{int(name[1:]): one for name, one in known.items()}}
    return EnvelopeDecoder(PlainDecoder(found), found)


def fields(batch, *names):
    """The values of some fields, row by row."""
    return [tuple(row.get(name) for name in names) for row in rows(batch)]


def test_the_source_takes_the_place_of_fields_of_its_name():
    """Whatever kind they had; other entries, of settings that do not ask for it, keep theirs."""
    payload = pack([1, {"ip": 5, "n": 1}]) + pack([1, {"ip": "x", "host": None, "n": 2}]) + pack([1, {"n": 3}])
    asked = packed(payload, peer="192.0.2.7:4000", source_host="web-1", settings=1)
    other = packed(payload, seq=2000, peer="192.0.2.8:4000", source_host="web-2")
    decoded = decoder(s1=SOURCES).decode([asked, other])
    assert fields(decoded.batch, "n", "ip", "host") == [
        (1, "192.0.2.7", "web-1"),
        (2, "192.0.2.7", "web-1"),
        (3, "192.0.2.7", "web-1"),
        (1, 5, None),
        (2, "x", None),
        (3, None, None),
    ]


def test_fields_of_their_name_in_more_make_way_too():
    """A field is in columns or in `_more`, never in both."""
    few = dataclasses.replace(SOURCES, max_columns=6)
    payload = b"".join(pack([1, {"a": n, "ip": n}]) for n in range(3)) + pack([1, {"a": 9}])
    asked = packed(payload, peer="[2001:db8::1]:9", source_host="h", settings=1)
    other = packed(payload, seq=5000, settings=2)
    decoded = decoder(s1=few, s2=dataclasses.replace(few, source_address_key="", source_hostname_key=""))
    found = fields(decoded.decode([asked, other]).batch, "a", "ip", "host")
    assert found[:4] == [(n, "2001:db8::1", "h") for n in (0, 1, 2, 9)]
    assert found[4:] == [(0, 0, None), (1, 1, None), (2, 2, None), (9, None, None)]


@pytest.mark.parametrize(
    ("peer", "address"),
    [("192.0.2.7:4000", "192.0.2.7"), ("[2001:db8::1]:4000", "2001:db8::1"), ("unix", "unix"), ("", "")],
)
def test_the_address_is_that_of_the_peer_without_port(peer, address):
    """Of either family, and of local sockets."""
    assert address_of(Chunk(Mode.PACKED, b"", 1, 0, peer=peer)) == address


def test_an_unknown_source_is_no_field():
    """A chunk whose peer or host is not known gets no empty text."""
    found = decoder(s0=SOURCES).decode([packed(pack([1, {"ip": 5}]))])
    assert fields(found.batch, "ip", "host") == [(5, None)]


@pytest.mark.parametrize("wrong", [{"source_address_key": "time"}, {"source_hostname_key": "message"}])
def test_fields_of_our_own_cannot_hold_the_source(wrong):
    """They mean something else."""
    with pytest.raises(SettingsError, match="is one of ours"):
        DecodeSettings(**wrong)
    with pytest.raises(SettingsError, match="both"):
        DecodeSettings(source_address_key="a", source_hostname_key="a")


def message(tag, number):
    """A message with its tag."""
    return pack([tag, number, {"n": number}])


@pytest.mark.parametrize(
    ("rewriting", "tags"),
    [
        (TagRewriting(), ["a", "", "ä\n\0"]),
        (TagRewriting(prefix="p."), ["p.a", "p.", "p.ä\n\0"]),
        (TagRewriting("new"), ["new"] * 3),
        (TagRewriting("new", "p_"), ["p_new"] * 3),
    ],
)
def test_tags_in_the_payload_are_rewritten(rewriting, tags):
    """All that a run of messages names, as the rule of its entry says; those of other entries stay."""
    payload = message("a", 1) + b"\x01" + message("", 2) + message("ä\n\0", 3)
    run = entry(Mode.MESSAGES, payload, tag="", tag_rule=rewriting.rule)
    other = entry(Mode.MESSAGES, payload, tag="", seq=9000)
    batch = decoder().decode([run, other]).batch
    assert fields(batch, "tag") == [(tag,) for tag in [*tags, "a", "", "ä\n\0"]]
    assert [rewriting.rewrite(tag) for tag in ("a", "", "ä\n\0")] == tags


@pytest.mark.parametrize("wrong", [{"tag": "a\0"}, {"prefix": "\0"}, {"tag": "x" * 257}])
def test_what_cannot_be_part_of_a_rule_is_refused(wrong):
    """U+0000 stands for the tag as sent."""
    with pytest.raises(SettingsError):
        TagRewriting(**wrong)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (b"", ""),
        (pack({"fluent_signal": 0}), ""),
        (pack({"chunk": "fluent_signal"}), ""),
        (pack({"fluent_signal": "1"}), ""),
        (pack({"fluent_signal": -1}), ""),
        (pack({"fluent_signal": True}), ""),
        (b"\x81\xadfluent_signal", ""),
        (pack({"fluent_signal": 1, "x": {"y": [1]}}), "metrics are not stored"),
        (pack({b"fluent_signal": 2}), "traces are not stored"),
        (pack({"fluent_signal": 7}), "events of an unknown kind are not stored"),
    ],
)
def test_signals_are_read_from_the_options(options, reason):
    """Only a positive number under this key says that a chunk holds no logs."""
    assert why_not_decoded(options) == reason


def test_signals_are_rejected_whole():
    """Nothing of them becomes an event, though it may look like one; the chunks around them are decoded."""
    payload = pack([1, {"n": 1}]) * 2
    before, after = packed(payload), packed(payload, seq=3000)
    metrics = packed(payload + b"\xc1", seq=2000, options=pack({"fluent_signal": 1}))
    decoded = decoder().decode([before, metrics, after])
    assert decoded.batch.rows == 4
    assert decoded.rejections == (Rejection(2000, "metrics are not stored"),)
    assert decoder().decode([metrics]).batch.rows == 0


ENTRIES = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, "t", 2.5])), max_size=4),
        st.sampled_from(["", "10.0.0.1:1", "10.0.0.2:1"]),
        st.sampled_from(["", "p\0", "t"]),
        st.sampled_from([0, 1]),
    ),
    max_size=6,
)


@settings(max_examples=60)
@given(ENTRIES)
def test_laying_over_is_the_same_as_event_by_event(chunks):
    """Over any mixture of chunks, settings and kinds of values."""
    entries, expected, seq = [], [], 1
    for events, peer, rule, number in chunks:
        payload = b"".join(pack(["g", 1, {key: value}]) for key, value in events)
        chunk = Chunk(Mode.MESSAGES, payload, len(events) + 1, 7, peer=peer, tag_rule=rule, settings=number)
        entries.append(Entry(seq, chunk))
        seq = entries[-1].end
        for key, value in events:
            row = {"tag": rule.replace("\0", "g") or "g"} | ({} if value is None else {key: value})
            expected.append(row | ({"a": peer[:-2]} if number and peer else {}))
    batch = decoder(s1=DecodeSettings(source_address_key="a")).decode(entries).batch
    assert [{key: row[key] for key in row if key not in ("time", "_seq")} for row in rows(batch)] == expected
