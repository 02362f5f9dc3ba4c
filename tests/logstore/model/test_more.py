"""Tests of the JSON text in which rare values are kept."""

import json

import pytest
from hypothesis import given

from logstore.model.more import from_more_text, to_more_text
from logstore.model.schema import Kind
from tests.logstore.model.values import VALUES_OF_ANY_KIND, comparable


@given(VALUES_OF_ANY_KIND)
def test_kind_and_value_come_back(value):
    """Reading the text gives the same kind and exactly the same value."""
    kind, plain = value
    read_kind, read = from_more_text(to_more_text(kind, plain))
    assert (read_kind, comparable(read)) == (kind, comparable(plain))


@given(VALUES_OF_ANY_KIND)
def test_the_text_is_json(value):
    """Any reader of JSON that knows NaN and Infinity can read it."""
    json.loads(to_more_text(*value))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.BOOL, True, "true"),
        (Kind.INT, -5, "-5"),
        (Kind.UINT, 2**64 - 1, "18446744073709551615"),
        (Kind.FLOAT, 1.0, "1.0"),
        (Kind.FLOAT, -0.0, "-0.0"),
        (Kind.FLOAT, 1e300, "1e+300"),
        (Kind.FLOAT, float("nan"), "NaN"),
        (Kind.FLOAT, float("-inf"), "-Infinity"),
        (Kind.TEXT, 'ü"\n', '"ü\\"\\n"'),
        (Kind.JSON, "[1,2]", "[1,2]"),
    ],
)
def test_the_text_is_this(kind, value, text):
    """The format is on disk, so it is spelt out here."""
    assert to_more_text(kind, value) == text


@pytest.mark.parametrize("text", ["", "null", "tru", '"', "1.2.3"])
def test_other_text_is_refused(text):
    """What no value is kept as raises ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's own message
        from_more_text(text)
