"""Tests of ingest.partials."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.partials import PartialJoiner, PartialLimits, Passed

LIMITS = PartialLimits(max_bytes=10_000, max_lines=3, timeout_ns=100)


def piece(log, ordinal, line="L", *, last=False, container="C", **more):
    """A piece of a line as Docker writes it."""
    record = {
        "container_id": container,
        "log": log,
        "source": "stdout",
        "partial_message": "true",
        "partial_id": line,
        "partial_ordinal": str(ordinal),
        "partial_last": "true" if last else "false",
        **more,
    }
    return msgpack.packb(["tag", 1000 + ordinal, record, {}])


def whole(n=0):
    """A message that is no piece."""
    return msgpack.packb(["tag", n, {"log": "whole"}])


def read(passed: Passed):
    """The messages that were passed on."""
    unpacker = msgpack.Unpacker(raw=False, unicode_errors="surrogateescape")
    unpacker.feed(passed.payload)
    found = list(unpacker)
    assert len(found) == passed.messages
    return found


def test_pieces_become_one_message():
    """It has the time and the fields of the first piece without the marks, and all of the line."""
    joiner = PartialJoiner(LIMITS)
    assert joiner.add(piece("one ", 1), 1, 0) == Passed(b"", 0)
    assert not joiner.is_empty
    assert joiner.add(piece("two ", 2), 1, 1).messages == 0
    passed = joiner.add(piece("three", 3, last=True), 1, 2)
    record = {"container_id": "C", "log": "one two three", "source": "stdout"}
    assert read(passed) == [["tag", 1001, record, {}]]
    assert (passed.joined, passed.unjoined) == (3, 0)
    assert joiner.is_empty
    assert joiner.held_bytes == 0


def test_pieces_are_ordered_by_their_number():
    """Whatever order they come in."""
    joiner = PartialJoiner(LIMITS)
    passed = joiner.add(piece("c", 3, last=True) + whole() + piece("a", 1) + piece("b", 2) + whole(1), 5, 0)
    assert [message[2]["log"] for message in read(passed)] == ["whole", "abc", "whole"]


def test_lines_of_several_containers_may_mix():
    """The container is part of a line's name."""
    joiner = PartialJoiner(LIMITS)
    mixed = (
        piece("a", 1)
        + piece("x", 1, container="D")
        + piece("b", 2, last=True)
        + piece("y", 2, last=True, container="D")
    )
    assert [message[2]["log"] for message in read(joiner.add(mixed, 4, 0))] == ["ab", "xy"]


def test_other_messages_pass_byte_for_byte():
    """Messages without the mark are not looked into, those with half of it are passed on."""
    odd = [
        whole(),
        msgpack.packb(["t", 1, {"partial_message": "true"}]),
        msgpack.packb(["t", 1, {"partial_message": True, "partial_id": "L", "partial_ordinal": "1", "log": "x"}]),
        msgpack.packb(["t", 1, {"partial_message": "true", "partial_id": "L", "partial_ordinal": "x", "log": "x"}]),
        msgpack.packb(["t", 1, {"partial_message": "true", "partial_id": "L", "partial_ordinal": "1", "log": 5}]),
        msgpack.packb(["t", 1, "partial_message"]),
        msgpack.packb(["partial_message", 1]),
        msgpack.packb(["partial_message"]),
        msgpack.packb(["t", 1, [], "partial_message"]),
    ]
    joiner = PartialJoiner(LIMITS)
    payload = b"".join(odd)
    assert joiner.add(payload, 9, 0).payload == payload
    assert joiner.is_empty


def test_text_that_is_not_utf8_stays():
    """A character that Docker has cut in two is whole again."""
    joiner = PartialJoiner(LIMITS)
    text = "ä".encode()
    first = piece("AAA", 1).replace(b"\xa3AAA", b"\xa1" + text[:1])
    passed = joiner.add(first + piece("AAA", 2, last=True).replace(b"\xa3AAA", b"\xa1" + text[1:]), 2, 0)
    assert read(passed)[0][2]["log"] == "ä"


def test_pieces_wait_for_a_time_only():
    """Then they are given back as they came, and what comes after them is not waited for again."""
    joiner = PartialJoiner(LIMITS)
    pieces = [piece("a", 1), piece("c", 3)]
    joiner.add(b"".join(pieces), 2, 0)
    assert joiner.expire(99).messages == 0
    passed = joiner.expire(100)
    assert (passed.payload, passed.unjoined) == (b"".join(pieces), 2)
    assert joiner.is_empty


def test_the_end_gives_everything_back():
    """When the connection is gone."""
    joiner = PartialJoiner(LIMITS)
    joiner.add(piece("b", 2) + piece("a", 1) + piece("x", 1, "M"), 3, 0)
    assert joiner.end().payload == piece("a", 1) + piece("b", 2) + piece("x", 1, "M")
    assert joiner.held_bytes == 0


def test_a_line_that_is_too_long_stays_in_pieces():
    """All of them, also those that come after the limit was met."""
    joiner = PartialJoiner(LIMITS)
    pieces = [piece("x" * 4000, ordinal, last=ordinal == 5) for ordinal in range(1, 6)]
    passed = [joiner.add(one, 1, 0).payload for one in pieces]
    assert b"".join(passed) == b"".join(pieces)
    assert passed[:2] == [b"", b""]
    assert joiner.is_empty


def test_too_many_lines_give_back_the_oldest():
    """A sender that never ends its lines does not take more than its share."""
    joiner = PartialJoiner(LIMITS)
    passed = [joiner.add(piece("x", 1, f"L{n}"), 1, 0).payload for n in range(5)]
    assert passed == [b"", b"", b"", piece("x", 1, "L0"), piece("x", 1, "L1")]


def test_the_same_piece_twice_is_joined_with_nothing():
    """Nobody knows which of them is meant, so all of the line is stored as it came."""
    joiner = PartialJoiner(LIMITS)
    pieces = [piece("a", 1), piece("a", 1), piece("b", 2, last=True)]
    assert b"".join(joiner.add(one, 1, 0).payload for one in pieces) == b"".join(pieces)
    assert joiner.is_empty


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from("LMN"), st.integers(0, 4), st.booleans(), st.integers(0, 3000)), max_size=12),
    st.integers(1, 5),
)
def test_nothing_is_lost(sent, step):
    """Whatever comes in whatever order: each piece's text is passed on exactly once."""
    joiner = PartialJoiner(LIMITS)
    logs, now, found = [], 0, []
    for number, (line, ordinal, last, size) in enumerate(sent):
        logs.append(f"<{number}:{'x' * size}>")
        found += read(joiner.add(piece(logs[-1], ordinal, line, last=last) + whole(), 2, now))
        now += 20 * step
        found += read(joiner.expire(now))
        assert joiner.held_bytes <= LIMITS.max_bytes
    found += read(joiner.end())
    texts = "".join(message[2]["log"] for message in found).replace("whole", "")
    assert sorted(texts.replace(">", ">\n").split()) == sorted(logs)


@pytest.mark.parametrize("ordinal", [0, 999_999])
def test_strange_numbers_do_no_harm(ordinal):
    """A line that can never be complete waits for its time."""
    joiner = PartialJoiner(LIMITS)
    joiner.add(piece("x", ordinal, last=True), 1, 0)
    assert joiner.expire(1000).messages == 1
