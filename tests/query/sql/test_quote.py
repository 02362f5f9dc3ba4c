"""What goes in comes out: every literal reads back as the value it was made of."""

from __future__ import annotations

import math

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from query.sql import quote

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
DATABASE = duckdb.connect(":memory:")


def _value(sql: str) -> object:
    row = DATABASE.execute(f"SELECT {sql}").fetchone()
    assert row is not None
    return row[0]


@given(TEXT)
def test_texts(value: str) -> None:
    """Any characters, quotes, backslashes and NUL among them."""
    assert _value(quote.text(value)) == value


@given(TEXT.filter(bool))
def test_names(name: str) -> None:
    """A quoted name is a column's name, whatever is in it."""
    assert DATABASE.execute(f"SELECT 1 AS {quote.identifier(name)}").description[0][0] == name


@given(st.integers(-(2**63), 2**64))
def test_integers(value: int) -> None:
    """Of both ranges, exactly."""
    assert _value(quote.integer(value)) == value


@given(st.floats())
@example(-0.0)
@example(0.30000000000000004)
@example(5e-324)
def test_doubles(value: float) -> None:
    """To the last bit, the odd ones too."""
    got = _value(quote.double(value))
    assert isinstance(got, float)
    assert (math.isnan(value) and math.isnan(got)) or (
        got == value and math.copysign(1, got) == math.copysign(1, value)
    )


@given(st.integers(-9_000_000_000 * 10**9, 9_000_000_000 * 10**9))
def test_instants(ns: int) -> None:
    """To the nanosecond, before 1970 too."""
    assert _value(f"epoch_ns({quote.instant(ns)})") == ns


def test_a_lone_surrogate_is_no_text() -> None:
    """It cannot be stored, so it matches nothing; it must not break the statement either."""
    assert _value(quote.text("a\ud800b")) == "a?b"
