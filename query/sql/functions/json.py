"""Functions of JSON text."""

from __future__ import annotations

import re

from logstore.model.schema import Kind
from query.sql import quote
from query.sql.bench import Bench
from query.sql.functions.arguments import Arguments, Entry
from query.sql.more import from_json_text
from query.sql.typed import Typed, all_of, present, text_of, typed

_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def json_path(path: str) -> str:
    """`items[0].id` as DuckDB spells it: every name in quotes, so that none has a second meaning."""
    steps = (
        f"[{int(index)}]" if index else '."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for index, name in _STEP.findall(path)
    )
    return "$" + "".join(steps)


def _parsed(bench: Bench, value: Typed) -> str | None:
    """The text where it is valid JSON."""
    text = text_of(value)
    return None if text is None else bench.keep(f"CASE WHEN json_valid({text}) THEN {text} END")


def _json_get(bench: Bench, arguments: Arguments) -> Typed:
    value = arguments.values[0]
    parsed = _parsed(bench, value)
    if parsed is None:
        return bench.strict([value], Typed())
    # What is not at the path is missing without being a failure; only broken JSON is one.
    bench.fail_where(all_of([present(value), f"{parsed} IS NULL"]))
    found = bench.keep(f"json_extract({parsed}, {quote.text(json_path(arguments.literal_text(1)))})::VARCHAR")
    return bench.keep_all(from_json_text(found))


def _json_len(bench: Bench, arguments: Arguments) -> Typed:
    value = arguments.values[0]
    parsed = _parsed(bench, value)
    if parsed is None:
        return bench.strict([value], Typed())
    lengths = f"WHEN 'ARRAY' THEN json_array_length({parsed}) WHEN 'OBJECT' THEN len(json_keys({parsed}))"
    return bench.strict([value], typed({Kind.INT: f"(CASE json_type({parsed}) {lengths} END)::BIGINT"}))


ENTRIES: dict[str, Entry] = {"json_get": _json_get, "json_len": _json_len}
