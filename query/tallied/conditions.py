"""Filters over what is known: each distinct value is tested once, by the meaning that the nodes of the plan give. Pure.

Only of conditions that are as short to say in Python as in SQL: for the others there is one place that knows them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from logstore.model.schema import LEVELS, Kind
from query.plan import expressions as e
from query.tallied.combined import Combined

Bools: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]
_Test: TypeAlias = Callable[[Any], bool]
"""Of a value that is not missing."""

_TEXTS = frozenset((Kind.TEXT, Kind.JSON))
_OPERATORS: dict[e.Operator, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(condition: e.Condition, known: Combined) -> Bools | None:
    """Of each row that is known, whether the condition is true; None: that is not told here."""
    match condition:
        case e.And(items):
            return _all([holds(item, known) for item in items], np.logical_and, np.ones(len(known.rows), bool))
        case e.Or(items):
            return _all([holds(item, known) for item in items], np.logical_or, np.zeros(len(known.rows), bool))
        case e.Not(item):
            found = holds(item, known)
            return None if found is None else ~found
    return _of_one_value(condition, known)


def _all(found: list[Bools | None], joining: Callable[[Bools, Bools], Bools], empty: Bools) -> Bools | None:
    there = [each for each in found if each is not None]
    return reduce(joining, there, empty) if len(there) == len(found) else None


def _of_one_value(condition: e.Condition, known: Combined) -> Bools | None:
    value = getattr(condition, "value", None)
    if not isinstance(value, e.FieldRef):
        return None
    found = np.zeros(len(known.rows), bool)
    for kind in known.kinds_of(value.name):
        test = _test_of(condition, kind)
        if test is None:
            return None
        column = known.column(value.name, kind)
        # What is missing meets no test: its code finds what is behind all others.
        found |= np.array([*map(test, column.values.to_pylist()), False], bool)[column.codes]
    return found


def _test_of(condition: e.Condition, kind: Kind) -> _Test | None:  # noqa: PLR0911, one case a form
    """What a condition says of the values of a kind; None: that is not told here."""
    match condition:
        case e.IsPresent():
            return _always
        case e.BoolTest(_, truth):
            return (lambda value: value == truth) if kind is Kind.BOOL else _never
        case e.LevelTest(_, sign, rank):
            names = {name for place, name in enumerate(LEVELS) if _OPERATORS[sign](place, rank)}
            return names.__contains__ if kind is Kind.TEXT else _never
        case e.TextTest(_, sign, text):
            # Python compares texts by code point, too.
            return (lambda value: _OPERATORS[sign](value, text)) if kind in _TEXTS else _never
        case e.NumberTest(_, sign, number, read_text) if kind in (Kind.INT, Kind.BOOL) or kind in _TEXTS:
            if read_text and kind is Kind.TEXT:
                return None
            return (lambda value: _OPERATORS[sign](value, number)) if kind is Kind.INT else _never
        case e.EqualsAny(_, constants) if kind in _TEXTS and all(each.kind in _TEXTS for each in constants):
            return {each.value for each in constants}.__contains__
    return None


def _always(_: object) -> bool:
    return True


def _never(_: object) -> bool:
    return False
