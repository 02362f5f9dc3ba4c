"""Tests of how other values become text."""

from collections import Counter

import pytest
from msgpack import Timestamp

from ingest.decode import changes
from ingest.decode.texts import (
    bytes_to_text,
    clean_text,
    extension_to_text,
    json_text,
    key_to_text,
    rfc3339,
    textual_keys,
)
from ingest.decode.values import Ext
from tests.ingest.decode.wire import event_time


def raw(data: bytes) -> str:
    """Text as reading gives it."""
    return data.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        ("grün \U0001f600".encode(), "grün \U0001f600"),
        (b"a\xffb", "a\\xffb"),
        (b"\xe2\x82", "\\xe2\\x82"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"\xc3\xbc\xfe", "ü\\xfe"),
    ],
)
def test_bytes_that_are_not_utf8_are_escaped(data, text):
    """Each such byte by itself, whatever stands around it."""
    counts = Counter()
    assert clean_text(raw(data), counts) == text
    assert counts == ({} if text.encode() == data else {changes.TEXT_ESCAPED: 1})


def test_binary_is_text_or_tagged():
    """UTF-8 stays readable, other bytes can be had back."""
    counts = Counter()
    assert bytes_to_text("ü".encode(), counts) == "ü"
    assert bytes_to_text(b"\0\xff", counts) == "base64:AP8="
    assert counts == {changes.BYTES_TAGGED: 1}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (event_time(1_700_000_000, 5), "2023-11-14T22:13:20.000000005Z"),
        (event_time(1_700_000_000, 2_000_000_001), "2023-11-14T22:13:22.000000001Z"),
        (event_time(0), "1970-01-01T00:00:00.000000000Z"),
        (Timestamp(-1, 0), "1969-12-31T23:59:59.000000000Z"),
        (Timestamp(-62_135_596_800, 0), "0001-01-01T00:00:00.000000000Z"),
        (Timestamp(2**40, 7), "ext-1:base64:AAAABwAAAQAAAAAA"),
        (Ext(0, b"\0"), "ext0:base64:AA=="),
        (Ext(-1, b"abc"), "ext-1:base64:YWJj"),
        (Ext(42, b""), "ext42:base64:"),
    ],
)
def test_extensions_are_times_or_tagged(value, text):
    """EventTime and timestamps of the years 1 to 9999 are RFC 3339, everything else base64 with its type."""
    counts = Counter()
    assert extension_to_text(value, counts) == text
    assert counts == {changes.EXTENSION_TAGGED if "base64" in text else changes.EXTENSION_TIME: 1}


def test_the_years_of_rfc3339():
    """The last second of 9999 is one, the next is not."""
    assert rfc3339(253_402_300_799, 999_999_999) == "9999-12-31T23:59:59.999999999Z"
    assert rfc3339(253_402_300_799, 1_000_000_000) is None


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("a.b", "a.b"),
        (b"a", "a"),
        (b"\xff", "base64:/w=="),
        (raw(b"\xff"), "\\xff"),
        (7, "7"),
        (2**64 - 1, "18446744073709551615"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (1.0, "1.0"),
        (float("nan"), "NaN"),
        ([1, "x"], '[1,"x"]'),
        ((), "{}"),
        (event_time(0), "1970-01-01T00:00:00.000000000Z"),
    ],
)
def test_keys_become_text(key, text):
    """Any value can be a key."""
    assert key_to_text(key, Counter()) == text


def test_maps_are_compact_json_with_last_values():
    """Order of the first occurrence, value of the last; nulls stay inside arrays."""
    counts = Counter()
    value = [(("b", 1), ("a", None), ("b", [True, 2.5])), None, raw(b"\xff"), b"x", 2**64 - 1]
    assert json_text(value, counts) == '[{"b":[true,2.5],"a":null},null,"\\\\xff","x",18446744073709551615]'
    assert +counts == {changes.DUPLICATE_KEY: 1, changes.TEXT_ESCAPED: 1}


def test_numbers_that_are_not_finite_are_bare_words():
    """JSON has no word for them, so these three are agreed on."""
    counts = Counter()
    assert json_text([float("nan"), float("inf"), float("-inf")], counts) == "[NaN,Infinity,-Infinity]"
    assert counts[changes.NOT_FINITE] == 3


def test_other_characters_are_left_alone():
    """Only what JSON demands is escaped."""
    assert json_text(['"\\/\x01\x7f\u2028ü'], Counter()) == '["\\"\\\\/\\u0001\x7f\u2028ü"]'


def test_text_keys_go_all_the_way_down():
    """Nested maps too have text keys, none twice."""
    assert textual_keys(((1, ((2, "x"), ("2", "y"))), (True, 0)), Counter()) == (("1", (("2", "y"),)), ("true", 0))
