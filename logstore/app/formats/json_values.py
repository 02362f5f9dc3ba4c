"""Columns as JSON values, one fragment of JSON text per value, whole columns at a time.

NaN and the infinities, which JSON has no words for, become the strings "NaN", "Infinity" and "-Infinity". Integers are
written exactly, however large.
"""

from __future__ import annotations

import json
import math
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from logstore.app.formats.instants import instants
from logstore.app.formats.texts import texts
from logstore.model.schema import Kind

_NEEDS_ESCAPE = r'["\\\x00-\x1f]'
_NOT_FINITE = "NaN|Infinity"


def json_text(value: str) -> str:
    """A string as JSON."""
    return orjson.dumps(value).decode()


def json_values(values: pa.Array, kind: Kind) -> pa.StringArray:
    """Each value as JSON text; null stays null."""
    if kind is Kind.JSON:
        return finite(values.cast(pa.string()))
    if kind is Kind.TEXT:
        return _strings(values.cast(pa.string()))
    if kind is Kind.TIME:
        return instants(values, '"')
    plain = texts(values, kind)
    if kind is Kind.FLOAT:
        return pc.if_else(pc.is_finite(values), plain, _quoted(plain))
    return plain


def finite(documents: pa.StringArray) -> pa.StringArray:
    """JSON text with NaN and the infinities, where they stand as bare words, made strings."""
    return _replaced(documents, pc.match_substring_regex(documents, _NOT_FINITE), _made_finite)


def _strings(values: pa.StringArray) -> pa.StringArray:
    awkward = pc.match_substring_regex(values, _NEEDS_ESCAPE)
    return _replaced(values, awkward, json_text, _quoted(values))


def _quoted(values: pa.StringArray) -> pa.StringArray:
    return pc.binary_join_element_wise('"', values, '"', "")


def _replaced(values: pa.StringArray, mask: pa.BooleanArray, change: Any, others: pa.StringArray | None = None) -> Any:
    """`change(value)` where `mask`, elsewhere `others` (`values` itself by default): only the few pay for Python."""
    base = values if others is None else others
    mask = pc.fill_null(mask, fill_value=False)
    if not pc.any(mask).as_py():
        return base
    changed = pa.array([change(value) for value in values.filter(mask).to_pylist()], pa.string())
    return pc.replace_with_mask(base, mask, changed)


def _made_finite(document: str) -> str:
    # The standard library reads the bare words and integers of any length, which faster parsers do not.
    return json.dumps(_without_nan(json.loads(document)), ensure_ascii=False, separators=(",", ":"))


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return value
