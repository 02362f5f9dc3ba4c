"""`json` and `logfmt`: fields out of structured text.

Which fields there are is not known before the rows are read. Those that later stages name become columns; all others
go where the scan puts fields that nobody named, into the map `more`. So nothing has to be looked at twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from logstore.model.levels import LEVEL_SPELLINGS, normalize_level
from logstore.model.schema import LEVEL, MESSAGE, SEQ, TAG, TIME, Kind
from query.plan.logical import Unpack
from query.sql import quote, unpack_json, unpack_logfmt
from query.sql.bench import Bench
from query.sql.lookup import field_of
from query.sql.more import from_json_text
from query.sql.rows import Rows
from query.sql.spelling import spelled as text_of_any
from query.sql.statement import Statement
from query.sql.typed import Typed, present, typed

_NEVER_TAKEN = frozenset({TIME, TAG, SEQ})
"""What an event has of its own, whatever a text says."""

_LEVEL_NUMBERS = [str(number) for number in range(100) if normalize_level(str(number)) is not None]


def unpack(statement: Statement, rows: Rows, node: Unpack, named: frozenset[str]) -> Rows:
    """The rows with the fields of the text; those that a row has already stay as they are.

    `named` are the fields that later stages name.
    """
    bench = Bench(statement, rows)
    form = unpack_json if node.form == "json" else unpack_logfmt
    text = form.source(bench, bench.keep_all(field_of(statement, rows, node.source)))
    wanted = {name: key for name in sorted(named | _TEXTS.keys()) if (key := _key(name, node.prefix)) is not None}
    found = {} if text is None else form.values(bench, text, list(wanted.values()))
    for name, key in wanted.items():
        _add(bench, name, found.get(key))
    more = rows.more if text is None else _more(bench, rows, form.entries(text), wanted, node.prefix)
    if more is not None:
        more = bench.column(more)
    is_arranged = rows.is_arranged or rows.closed
    opened = replace(bench.rows, closed=False, is_arranged=is_arranged, gone=frozenset(), more=more, more_within=True)
    bench.rows = opened
    return bench.close()


def _key(name: str, prefix: str | None) -> str | None:
    """The key under which the text has a field, if it can."""
    if prefix is None:
        return None if name in _NEVER_TAKEN else name
    return name.removeprefix(f"{prefix}.") if name.startswith(f"{prefix}.") else None


def _add(bench: Bench, name: str, text: str | None) -> None:
    """Adds the field of a JSON text where the row has none."""
    before = bench.rows.fields.get(name, Typed())
    if text is None:
        return
    made = from_json_text(bench.keep(text))
    if name in _TEXTS:
        made = _TEXTS[name](bench.keep_all(made))
    if before.kinds:
        has = bench.keep(present(bench.keep_all(before)))
        kinds: dict[Kind, str | None] = {
            kind: f"CASE WHEN {has} THEN {before.get(kind) or 'NULL'} ELSE {made.get(kind) or 'NULL'} END"
            for kind in Kind
            if before.get(kind) or made.get(kind)
        }
        made = typed(kinds)
    bench.rows = bench.rows.with_field(name, bench.keep_all(made))


def _level(value: Typed) -> Typed:
    """As at intake: a level under its own name, however it is spelled; other texts and numbers as they are."""
    spelled = f"coalesce({value.kinds[Kind.TEXT]}, {value.kinds[Kind.INT]}::VARCHAR)"
    names = [*LEVEL_SPELLINGS, *_LEVEL_NUMBERS]
    cases = " ".join(f"WHEN {quote.text(name)} THEN {quote.text(normalize_level(name) or '')}" for name in names)
    return Typed({Kind.TEXT: f"CASE lower({spelled}) {cases} ELSE {spelled} END"})


def _text(value: Typed) -> Typed:
    return typed({Kind.TEXT: text_of_any(value)})


_TEXTS: dict[str, Callable[[Typed], Typed]] = {LEVEL: _level, MESSAGE: _text}
"""Fields that are text in every event, and how they become so."""


def _more(bench: Bench, rows: Rows, entries: str, columns: Iterable[str], prefix: str | None) -> str:
    """The map of all fields that have no column: those of the text beside those that there were."""
    named = entries
    if prefix is not None:
        start = quote.text(f"{prefix}.")
        named = f"list_transform({entries}, lambda e: struct_pack(key := {start} || e.key, value := e.value))"
    taken = {*columns, *_NEVER_TAKEN} if prefix is None else set(columns)
    there = f"list_concat({quote.texts(sorted(taken))}, {_present_names(rows.fields, taken)})"
    if rows.more is not None:
        there = f"list_concat({there}, coalesce(map_keys({rows.more}), []))"
    # In a column of its own, for in the lambda it would be made again for every entry.
    there = bench.column(there)
    added = bench.column(f"list_filter({named}, lambda e: e.value <> 'null' AND NOT list_contains({there}, e.key))")
    # A map refuses a key that comes twice.
    keys = f"list_transform({added}, lambda e: e.key)"
    once = f"list_filter({added}, lambda e, i: list_position({keys}, e.key) = i)"
    all_of = f"CASE WHEN len(list_distinct({keys})) < len({added}) THEN {once} ELSE {added} END"
    if rows.more is not None:
        all_of = f"list_concat(coalesce(map_entries({rows.more}), []), coalesce({all_of}, []))"
    kept = bench.column(all_of)
    return f"CASE WHEN len({kept}) > 0 THEN map_from_entries({kept}) END"


def _present_names(fields: Mapping[str, Typed], known: set[str]) -> str:
    """A list of the names of the fields that a row has, those that are known left out."""
    names = [
        f"CASE WHEN {present(value)} THEN {quote.text(name)} END"
        for name, value in fields.items()
        if name not in known and value.kinds
    ]
    return f"[{', '.join(names)}]::VARCHAR[]"
