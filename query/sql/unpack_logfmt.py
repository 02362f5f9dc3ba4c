"""logfmt as fields: `key=value` and `key="a value"`, parted by white space; words without `=` are none."""

from __future__ import annotations

from collections.abc import Sequence

from query.sql import quote
from query.sql.bench import Bench
from query.sql.numbers import JSON_NUMBER
from query.sql.typed import Typed, all_of, present, text_of

_PAIR = r'"(?:[^"\\]|\\.)*"|[^\s="]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)'
"""A pair, or a quoted text that stands alone, so that nothing is looked for inside of it.

Without groups: finding only where a match ends takes half the time.
"""

_NOTHING = '""'


def source(bench: Bench, value: Typed) -> str | None:
    """The texts; values that are none are counted as what could not be computed."""
    found = text_of(value)
    if found is None:
        bench.fail_where(present(value))
        return None
    text = bench.keep(found)
    bench.fail_where(all_of([present(value), f"{text} IS NULL"]))
    return text


def values(bench: Bench, text: str, keys: Sequence[str]) -> dict[str, str]:
    """The JSON text of each key, null where there is none."""
    pairs = bench.column(_pairs(text))
    return {key: _as_json(bench.column(_value(pairs, key))) for key in keys if key}


def entries(text: str) -> str:
    """A list of {key, value}: the name and the JSON text of each field."""
    named = f"list_filter({_pairs(text)}, lambda p: NOT starts_with(p, '\"'))"
    value = _as_json("substr(p, strpos(p, '=') + 1)")
    made = f"list_transform({named}, lambda p: struct_pack(key := split_part(p, '=', 1), value := {value}))"
    return f"list_filter({made}, lambda e: e.value IS NOT NULL)"


def _pairs(text: str) -> str:
    return f"regexp_extract_all({text}, {quote.text(_PAIR)})"


def _value(pairs: str, key: str) -> str:
    """What stands behind the sign of equality in the first pair that has something there.

    A key holds no such sign, so its pair begins with just this.
    """
    start = f"{key}="
    empty = f"{quote.text(start)}, {quote.text(start + _NOTHING)}"
    found = f"list_filter({pairs}, lambda p: starts_with(p, {quote.text(start)}) AND p NOT IN ({empty}))"
    return f"substr({found}[1], {len(start) + 1})"


def _as_json(value: str) -> str:
    """The JSON text of a value as it is written; nothing is missing."""
    inside = f"substr({value}, 2, length({value}) - 2)"
    escaped = f"CASE WHEN json_valid({value}) THEN {value} ELSE to_json({inside})::VARCHAR END"
    is_plain = f"regexp_full_match({value}, {quote.text(JSON_NUMBER + '|true|false')})"
    return (
        f"CASE WHEN starts_with({value}, '\"') THEN CASE WHEN {value} = '\"\"' THEN NULL"
        f" WHEN contains({value}, '\\') THEN {escaped} ELSE to_json({inside})::VARCHAR END"
        f" WHEN {is_plain} THEN {value} WHEN {value} <> '' THEN to_json({value})::VARCHAR END"
    )
