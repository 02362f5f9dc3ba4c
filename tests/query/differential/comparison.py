"""Whether two answers are the same."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from tests.query.differential.aggregates import Rough
from tests.query.differential.expressions_model import Row
from tests.query.differential.values import Json, Value

_LIBRARY_TOLERANCE = 1e-14
"""Two mathematical libraries may round the last digit of a logarithm differently."""
_SUM_TOLERANCE = 1e-9


def same_row(expected: Row, got: Row) -> bool:
    """Whether two rows have the same values; missing ones are not in them."""
    return expected.keys() == got.keys() and all(same_value(expected[name], got[name]) for name in expected)


def differing(expected: Row, got: Row) -> tuple[Row, Row]:
    """Two rows without the values in which they are the same."""
    same = {name for name in expected.keys() & got.keys() if same_value(expected[name], got[name])}
    return _without(expected, same), _without(got, same)


def _without(row: Row, names: set[str]) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def same_value(expected: Value, got: Value) -> bool:
    """Whether two values are the same, in kind and value."""
    if isinstance(expected, float) and isinstance(got, float):
        return same_float(expected, got)
    if isinstance(expected, Json) and isinstance(got, Json):
        return expected == got or _same_json_text(expected.text, got.text)
    return type(expected) is type(got) and expected == got


def same_float(expected: float, got: float) -> bool:
    """Whether two floats are the same but for what the order of summation may do to them."""
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    if expected == got:
        return True
    if isinstance(expected, Rough) and math.isfinite(expected.scale):
        return abs(expected - got) <= _SUM_TOLERANCE * expected.scale
    return math.isclose(expected, got, rel_tol=_LIBRARY_TOLERANCE)


def _same_json_text(expected: str, got: str) -> bool:
    try:
        return _same_json(json.loads(expected), json.loads(got))
    except ValueError:
        return False


def _same_json(expected: Any, got: Any) -> bool:
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(
            _same_json(one, other) for one, other in zip(expected, got, strict=True)
        )
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(_same_json(expected[key], got[key]) for key in expected)
    return same_value(expected, got)


def named_columns(rows: Sequence[Row], columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that any row has a value in, in order."""
    return tuple(name for name in columns if any(name in row for row in rows))
