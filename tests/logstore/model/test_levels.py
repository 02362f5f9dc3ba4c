"""Tests of the level table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.model.levels import (
    LEVEL_SPELLINGS,
    LevelScale,
    normalize_level,
    severity,
)
from logstore.model.schema import LEVELS


@pytest.mark.parametrize(
    ("spelling", "level"),
    [
        ("WARNING", "warn"),
        ("Err", "error"),
        ("crit", "fatal"),
        ("critical", "fatal"),
        ("EMERG", "fatal"),
        ("panic", "fatal"),
        ("alert", "fatal"),
        ("notice", "info"),
        ("Information", "info"),
        ("verbose", "trace"),
        ("FINEST", "trace"),
        ("dbg", "debug"),
        ("INFO ", "info"),
        (" 6 ", "info"),
        ("30", "info"),
        ("E", "error"),
        ("", None),
        ("loud", None),
        ("8", None),
        ("030", None),
        ("٣", None),
        ("\u212a", None),
    ],
)
def test_names_in_any_case_and_digits_are_understood(spelling: str, level: str | None):
    """Usual spellings, padded or not, stand for a level; anything else for none."""
    assert normalize_level(spelling) == level


@pytest.mark.parametrize(
    ("scale", "levels"),
    [
        (
            LevelScale.MIXED,
            {0: "fatal", 3: "error", 4: "warn", 7: "debug", 8: None, 10: "trace", 30: "info", 60: "fatal"},
        ),
        (LevelScale.BUNYAN, {3: None, 20: "debug", 50: "error", 35: None}),
        (LevelScale.SYSLOG, {2: "fatal", 5: "info", 30: None}),
        (LevelScale.PYTHON, {10: "debug", 30: "warn", 50: "fatal", 60: None}),
        (LevelScale.OTLP, {0: None, 1: "trace", 4: "trace", 9: "info", 17: "error", 24: "fatal", 25: None}),
    ],
)
def test_numbers_are_read_on_their_scale(scale: LevelScale, levels: dict[int, str | None]):
    """The same number means different things on different scales, as number or as text."""
    assert {number: normalize_level(number, scale) for number in levels} == levels
    assert {number: normalize_level(str(number), scale) for number in levels} == levels


def test_a_bool_is_no_level():
    """True is not syslog's 1."""
    assert normalize_level(True) is None  # noqa: FBT003


@given(st.sampled_from(sorted(LEVEL_SPELLINGS)), st.booleans())
def test_normalising_twice_changes_nothing(spelling: str, capitals: bool):  # noqa: FBT001
    """A level normalises to itself, whichever spelling it came from."""
    level = normalize_level(spelling.upper() if capitals else spelling)
    assert level in LEVELS
    assert normalize_level(level) == level


@given(st.text() | st.integers())
def test_any_value_gives_a_level_or_none(value: str | int):
    """No value makes it fail."""
    assert normalize_level(value) in (None, *LEVELS)


def test_levels_are_ordered_by_severity():
    """From trace to fatal; what is no level has no place."""
    assert sorted(LEVELS, key=severity) == list(LEVELS)
    with pytest.raises(KeyError):
        severity("WARN")
