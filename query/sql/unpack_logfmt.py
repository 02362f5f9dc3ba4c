"""logfmt as fields: `key=value` and `key="a value"`, parted by white space; words without `=` are none."""

from __future__ import annotations

from collections.abc import Sequence

from query.sql import quote
from query.sql.bench import Bench
from query.sql.numbers import JSON_NUMBER
from query.sql.typed import Typed, all_of, present, text_of

_PAIR = r'"(?:[^"\\]|\\.)*"|([^\s="]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)'
"""A pair, or a quoted text that stands alone, so that nothing is looked for inside of it."""


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
    names, found = bench.column(_groups(text, 1)), bench.column(_groups(text, 2))
    raw = {key: bench.column(f"{found}[list_position({names}, {quote.text(key)})]") for key in keys if key}
    return {key: _as_json(value) for key, value in raw.items()}


def entries(text: str) -> str:
    """A list of {key, value}: the name and the JSON text of each field."""
    pairs = f"list_zip({_groups(text, 1)}, {_groups(text, 2)})"
    named = f"list_filter({pairs}, lambda p: p[1] <> '' AND p[2] <> '')"
    return f"list_transform({named}, lambda p: struct_pack(key := p[1], value := {_as_json('p[2]')}))"


def _groups(text: str, group: int) -> str:
    return f"regexp_extract_all({text}, {quote.text(_PAIR)}, {group})"


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
