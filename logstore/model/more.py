"""How a value is kept in `_more`: as JSON text, from which kind and value come back exactly.

| kind | text |
|---|---|
| bool | `true` or `false` |
| int, uint | the digits |
| float | the shortest digits that read back as the same float, always with `.` or `e` |
| float, not finite | `NaN`, `Infinity`, `-Infinity` |
| text | a JSON string |
| json | itself: it starts with `[` or `{`, as no other kind's text does |
"""

from __future__ import annotations

import json
import math
import re

from logstore.model.schema import Kind

Value = bool | int | float | str
"""A field's value in Python; of kind JSON it is the text."""

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_INTEGER = re.compile(r"-?[0-9]+")
_MAX_INT = 2**63 - 1


def to_more_text(kind: Kind, value: Value) -> str:
    """The text of `_more` for a value of `kind`; never called for TIME, which has a column always."""
    if kind is Kind.JSON:
        return str(value)
    # Strings keep every character as it is; the other kinds are spelt by json exactly as the table above says.
    return json.dumps(value, ensure_ascii=False)


def from_more_text(text: str) -> tuple[Kind, Value]:
    """The kind and value that `text`, made by `to_more_text`, stands for; raises ValueError for other text."""
    if text[:1] in ("[", "{"):
        return Kind.JSON, text
    if text in _NON_FINITE:
        return Kind.FLOAT, _NON_FINITE[text]
    if _INTEGER.fullmatch(text):
        number = int(text)
        return (Kind.INT if number <= _MAX_INT else Kind.UINT), number
    value = json.loads(text)
    if isinstance(value, bool):
        return Kind.BOOL, value
    if isinstance(value, float):
        return Kind.FLOAT, value
    if isinstance(value, str):
        return Kind.TEXT, value
    raise ValueError(f"not the text of a value: {text!r}")
