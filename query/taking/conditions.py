"""Conditions as tests of single columns: those that need no more than that. Pure, but for the tests themselves.

What a condition means is told by `query.plan.expressions` and, where it is one of SQL, by `query.sql.compare` and
`query.sql.match`: both give the same rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logstore.model.schema import Column, Kind, columns_of
from query.plan import expressions as e
from query.sql.compare import levels_of
from query.sql.numbers import JSON_NUMBER

if TYPE_CHECKING:
    from query.pages.taking import Test, Values

Marks: TypeAlias = NDArray[np.uint8]
"""One for each row: 1 where it is left."""

_INT64 = -(2**63), 2**63 - 1
_UINT64 = 0, 2**64 - 1
_NO_FLOATS = math.inf, -math.inf
_NUMBER = re.compile(JSON_NUMBER)


@dataclass(frozen=True, slots=True)
class All:
    """All of them; of none: true."""

    items: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Any of them; of none: false."""

    items: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Opposite:
    """Not that."""

    item: Check


@dataclass(frozen=True, slots=True)
class One:
    """A value of the field passes the test for its kind.

    Attributes:
        field: its name.
        tests: by kind; values of other kinds pass none.
        untold: kinds of values of which no test here can tell.
    """

    field: str
    tests: Mapping[Kind, Test]
    untold: frozenset[Kind] = frozenset()


Check: TypeAlias = All | Any | Opposite | One


EVERYTHING = All(())


def check_of(condition: e.Condition, kernel: ModuleType) -> Check | None:
    """A condition as tests; None where it is more than that."""
    match condition:
        case e.And(items) | e.Or(items):
            checks = [check_of(item, kernel) for item in items]
            found = tuple(check for check in checks if check is not None)
            if len(found) < len(checks):
                return None
            return All(found) if isinstance(condition, e.And) else Any(found)
        case e.Not(item):
            check = check_of(item, kernel)
            return None if check is None else Opposite(check)
        case _:
            value = getattr(condition, "value", None)
            if not isinstance(value, e.FieldRef):
                return None
            try:
                return _one(value.name, condition, kernel.Test)
            except (UnicodeEncodeError, OverflowError):
                # Half a character, or a number beyond all others.
                return None


def _one(field: str, condition: e.Condition, tests: type[Test]) -> One | None:  # noqa: PLR0911, one case a form
    match condition:
        case e.TextTest(_, "==", text):
            return One(field, _of_texts(tests.is_any([text.encode()])))
        case e.LevelTest(_, operator, rank):
            return One(field, {Kind.TEXT: tests.is_any([name.encode() for name in levels_of(operator, rank)])})
        case e.EqualsAny(_, constants):
            texts = [each.value for each in constants if each.kind is Kind.TEXT and isinstance(each.value, str)]
            if len(texts) < len(constants) or any(map(_NUMBER.fullmatch, texts)):
                return None
            return One(field, _of_texts(tests.is_any([text.encode() for text in texts])))
        case e.Occurs(_, text, before, after):
            return One(field, _of_texts(tests.has(text.encode(), before, after)))
        case e.NumberTest(_, operator, number, read_text):
            return One(field, _of_numbers(tests, operator, number), frozenset({Kind.TEXT} if read_text else ()))
        case e.TimeTest(_, operator, ns):
            return One(field, {Kind.TIME: tests.between(*_range(operator, ns, _INT64))})
        case e.BoolTest(_, truth):
            return One(field, {Kind.BOOL: tests.is_truth(truth)})
        case e.IsPresent():
            return One(field, dict.fromkeys(Kind, tests.is_present()))
    return None


def _of_texts(test: Test) -> Mapping[Kind, Test]:
    return {Kind.TEXT: test, Kind.JSON: test}


def _of_numbers(tests: type[Test], operator: e.Operator, number: float) -> Mapping[Kind, Test]:
    return {
        Kind.INT: tests.between(*_range(operator, number, _INT64)),
        Kind.UINT: tests.between_unsigned(*_range(operator, number, _UINT64)),
        Kind.FLOAT: tests.between_floats(*_float_range(operator, number)),
    }


def _range(operator: e.Operator, number: float, ends: tuple[int, int]) -> tuple[int, int]:
    """The integers that compare so with a number: the first and the last one, which is less where there are none."""
    least, most = ends
    if math.isinf(number):
        is_all = (number > 0 and operator in {"<", "<="}) or (number < 0 and operator in {">", ">="})
        return ends if is_all else (1, 0)
    low, high = math.ceil(number), math.floor(number)
    match operator:
        case "==":
            first, last = low, high
        case ">=":
            first, last = low, most
        case ">":
            first, last = high + 1, most
        case "<=":
            first, last = least, high
        case "<":
            first, last = least, low - 1
    first, last = max(first, least), min(last, most)
    return (first, last) if first <= last else (1, 0)


def _float_range(operator: e.Operator, number: float) -> tuple[float, float]:
    """Likewise, of doubles. Python compares integers with doubles as mathematics has it."""
    near = float(number)
    above = near if near >= number else math.nextafter(near, math.inf)
    below = near if near <= number else math.nextafter(near, -math.inf)
    match operator:
        case "==":
            return above, below
        case ">=":
            return above, math.inf
        case "<=":
            return -math.inf, below
        case ">":
            above = math.nextafter(above, math.inf) if above == number else above
            return (above, math.inf) if above > number else _NO_FLOATS
        case "<":
            below = math.nextafter(below, -math.inf) if below == number else below
            return (-math.inf, below) if below < number else _NO_FLOATS


def can_tell(check: Check, columns: Sequence[Column], *, has_more: bool) -> bool:
    """Whether the tests tell everything of events with these columns; others are in `_more` where there is one."""
    for one in tests_in(check):
        kinds = {column.kind for column in columns_of(columns, one.field)}
        if kinds & one.untold or (has_more and not kinds):
            return False
    return True


def tests_in(check: Check) -> Iterator[One]:
    """All tests of single fields."""
    match check:
        case One():
            yield check
        case Opposite(item):
            yield from tests_in(item)
        case All(items) | Any(items):
            for item in items:
                yield from tests_in(item)


Look: TypeAlias = Callable[[str, Marks], "Values"]
"""A column by its name, of which the values of all marked rows are at hand."""


def narrow(check: Check, columns: Sequence[Column], look: Look, marks: Marks) -> bool:
    """Takes the marks from rows for which the condition is not true; whether any are left."""
    match check:
        case All(items):
            return all(narrow(item, columns, look, marks) for item in items)
        case Any(items):
            return _narrow_to_any((partial(narrow, item, columns, look) for item in items), marks)
        case Opposite(item):
            part = marks.copy()
            if narrow(item, columns, look, part):
                marks ^= part
            return bool(marks.view(np.bool_).any())
        case One(field, tests):
            found = [column for column in columns_of(columns, field) if column.kind in tests]
            if len(found) == 1:
                return _mark(found[0].name, tests[found[0].kind], look, marks)
            return _narrow_to_any((partial(_mark, column.name, tests[column.kind], look) for column in found), marks)


def _mark(name: str, test: Test, look: Look, marks: Marks) -> bool:
    return look(name, marks).mark(test, marks) > 0


def _narrow_to_any(each: Iterable[Callable[[Marks], bool]], marks: Marks) -> bool:
    left = marks.copy()
    for narrow_one in each:
        if not left.view(np.bool_).any():
            break
        part = left.copy()
        if narrow_one(part):
            left ^= part
    marks ^= left
    return bool(marks.view(np.bool_).any())
