"""Conditions as tests of single values, held against plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logstore.model.schema import ARROW_TYPES, LEVELS, Column, Kind
from query.pages import taking
from query.plan import expressions as e
from query.taking.conditions import All, Check, can_tell, check_of, narrow
from query.taking.groups import PHYSICAL
from query.taking.held import values_of

COMPARED = {
    "==": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
EDGES = [sign * (2**power + near) for sign in (1, -1) for power in (0, 52, 53, 62, 63, 64) for near in (-1, 0, 1)]
FLOATS = [*map(float, EDGES), 0.0, -0.0, 0.5, 5e-324, 1.7e308, -1.7e308, math.inf, -math.inf, math.nan]
OPERATORS = st.sampled_from(sorted(COMPARED))
NUMBERS = st.one_of(
    st.sampled_from([*EDGES, *FLOATS[:-1], 10**400, -(10**400)]),
    st.integers(-(2**65), 2**65),
    st.floats(allow_nan=False),
)
FIELD = e.FieldRef("f")


def column_of(kind: Kind, name: str = "f") -> Column:
    """A column of a field of the same name."""
    return Column(f"{name}#{kind.value}", name, kind)


def passing(condition: e.Condition, values: dict[Kind, Sequence[Any]]) -> list[bool] | None:
    """Which rows of one field meet a condition; None where tests of columns do not tell."""
    check = check_of(condition, taking)
    if check is None:
        return None
    return _passing(check, {column_of(kind): made for kind, made in values.items()})


def _passing(check: Check, values: dict[Column, Sequence[Any]]) -> list[bool]:
    opened = {
        column.name: values_of(
            pa.chunked_array([pa.array(made, ARROW_TYPES[column.kind])]), PHYSICAL[column.kind], taking
        )
        for column, made in values.items()
    }
    marks = np.ones(max(map(len, values.values())), np.uint8)
    left = narrow(check, list(values), lambda name, _: opened[name], marks)
    assert left == marks.any()
    return [bool(mark) for mark in marks]


@given(OPERATORS, NUMBERS, st.lists(st.integers(-(2**63), 2**63 - 1)))
@example("<", 10**400, [0])
def test_integers_compare_exactly(operator: Any, number: float, drawn: list[int]) -> None:
    """With doubles that are far apart too, and with numbers beyond all of them."""
    small = [value for value in (*EDGES, *drawn) if -(2**63) <= value < 2**63]
    large = [value for value in EDGES if 2**63 <= value < 2**64]
    condition = e.NumberTest(FIELD, operator, number, read_text=False)
    for kind, values in ((Kind.INT, small), (Kind.UINT, large)):
        found = passing(condition, {kind: values})
        if found is None:
            assert abs(number) > 2**64
        else:
            assert found == [COMPARED[operator](value, number) for value in values]


@given(OPERATORS, NUMBERS, st.lists(st.floats()))
@example(">", math.inf, [])
@example("<", -math.inf, [])
@example(">=", math.inf, [])
@example("<=", -math.inf, [])
def test_doubles_compare_exactly(operator: Any, number: float, drawn: list[float]) -> None:
    """With integers that are none of theirs too. NaN compares with nothing."""
    found = passing(e.NumberTest(FIELD, operator, number, read_text=False), {Kind.FLOAT: (values := [*FLOATS, *drawn])})
    if found is None:
        assert abs(number) > 2**1023
    else:
        assert found == [COMPARED[operator](value, number) for value in values]


@given(OPERATORS, st.sampled_from([value for value in EDGES if -(2**63) <= value < 2**63]))
def test_times_compare(operator: Any, ns: int) -> None:
    """Up to the last nanosecond of either side."""
    times = [value for value in EDGES if -(2**63) <= value < 2**63]
    expected = [COMPARED[operator](time, ns) for time in times]
    assert passing(e.TimeTest(FIELD, operator, ns), {Kind.TIME: times}) == expected


@pytest.mark.parametrize("operator", sorted(COMPARED))
@pytest.mark.parametrize("rank", range(len(LEVELS)))
def test_levels_compare_by_severity(operator: Any, rank: int) -> None:
    """What is no level is none of them."""
    expected = [COMPARED[operator](place, rank) for place in range(len(LEVELS))]
    found = passing(e.LevelTest(FIELD, operator, rank), {Kind.TEXT: [*LEVELS, "loud", "", None]})
    assert found == [*expected, False, False, False]


ABSENT, TEXTS = None, ["a", "b", "", "a\0", None]
IS_A, IS_B = e.TextTest(FIELD, "==", "a"), e.TextTest(FIELD, "==", "b")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (IS_A, [1, 0, 0, 0, 0]),
        (e.Not(IS_A), [0, 1, 1, 1, 1]),
        (e.And(()), [1, 1, 1, 1, 1]),
        (e.Or(()), [0, 0, 0, 0, 0]),
        (e.Not(e.And(())), [0, 0, 0, 0, 0]),
        (e.Not(e.Or(())), [1, 1, 1, 1, 1]),
        (e.Or((IS_A, IS_B)), [1, 1, 0, 0, 0]),
        (e.And((e.Not(IS_A), e.Not(IS_B))), [0, 0, 1, 1, 1]),
        (e.And((IS_A, IS_B)), [0, 0, 0, 0, 0]),
        (e.Not(e.And((IS_A, IS_B))), [1, 1, 1, 1, 1]),
        (e.IsPresent(FIELD), [1, 1, 1, 1, 0]),
        (e.EqualsAny(FIELD, (e.Constant("a", Kind.TEXT), e.Constant("", Kind.TEXT))), [1, 0, 1, 0, 0]),
        (e.TextTest(FIELD, "==", "a\0"), [0, 0, 0, 1, 0]),
        (e.TextTest(e.FieldRef("none"), "==", "a"), [0, 0, 0, 0, 0]),
        (e.Not(e.IsPresent(e.FieldRef("none"))), [1, 1, 1, 1, 1]),
        (e.BoolTest(FIELD, truth=True), [0, 0, 0, 0, 0]),
    ],
)
def test_conditions_join(condition: e.Condition, expected: list[int]) -> None:
    """A missing value meets none but the opposite of one."""
    assert passing(condition, {Kind.TEXT: TEXTS}) == list(map(bool, expected))


def test_a_field_of_several_kinds_passes_by_any_of_them() -> None:
    """At most one of them is there in a row."""
    values: dict[Kind, Sequence[Any]] = {
        Kind.TEXT: ["5", None, None, None],
        Kind.INT: [None, 5, None, None],
        Kind.FLOAT: [None, None, 5.0, None],
    }
    five = e.Or((e.NumberTest(FIELD, "==", 5, read_text=False), IS_A, e.TextTest(FIELD, "==", "5")))
    assert passing(five, values) == [True, True, True, False]
    assert passing(e.IsPresent(FIELD), values) == [True, True, True, False]
    assert passing(e.Not(five), values) == [False, False, False, True]


@pytest.mark.parametrize(
    "condition",
    [
        e.MatchesRegex(FIELD, "a"),
        e.MatchesPattern(FIELD, ("a",)),
        e.TextTest(FIELD, "<", "a"),
        e.TextTest(e.Call("lower", (FIELD,)), "==", "a"),
        e.EqualsAny(FIELD, (e.Constant("5", Kind.TEXT),)),
        e.EqualsAny(FIELD, (e.Constant(5, Kind.INT),)),
        e.TextTest(FIELD, "==", "\ud800"),
    ],
)
def test_what_is_more_than_tests_is_left_alone(condition: e.Condition) -> None:
    """Also where it is one of several conditions."""
    for each in (condition, e.Not(condition), e.And((IS_A, condition)), e.Or((IS_A, condition))):
        assert check_of(each, taking) is None


def test_it_is_known_what_tests_cannot_tell() -> None:
    """Numbers in texts, and what may be in `_more`."""
    number = check_of(e.NumberTest(FIELD, ">", 5, read_text=True), taking)
    text = check_of(IS_A, taking)
    assert number is not None
    assert text is not None
    ints, texts = column_of(Kind.INT), column_of(Kind.TEXT)
    assert can_tell(number, [ints], has_more=True)
    assert not can_tell(number, [ints, texts], has_more=False)
    assert can_tell(text, [ints, texts], has_more=True)
    assert can_tell(text, [], has_more=False)
    assert not can_tell(All((text,)), [], has_more=True)
