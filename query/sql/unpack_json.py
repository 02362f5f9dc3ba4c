"""JSON text as fields: nested objects flattened with dots, arrays and empty objects kept as JSON text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from query.sql import quote
from query.sql.bench import Bench
from query.sql.typed import Typed, all_of, coalesce, present, text_of

_MOST_STEPS = 5
"""Names with more parts than this are looked for among all fields: there are too many ways to nest them."""

_MOST_DEPTH = 6
"""Objects below so many keys stay JSON text. Deeper: longer SQL, for what nobody sends."""


def source(bench: Bench, value: Typed) -> str | None:
    """The texts that are JSON objects; all other values are counted as what could not be computed."""
    found = text_of(value)
    if found is None:
        bench.fail_where(present(value))
        return None
    text = bench.keep(found)
    begins = f"(starts_with({text}, '{{') OR regexp_matches({text}, '^[ \\t\\r\\n]+\\{{'))"
    document = bench.column(f"CASE WHEN {begins} AND json_valid({text}) THEN {text} END")
    bench.fail_where(all_of([present(value), f"{document} IS NULL"]))
    return document


def values(bench: Bench, document: str, keys: Sequence[str]) -> dict[str, str]:
    """The JSON text of each key, null where there is none. The document is read once for all of them."""
    paths = {key: [_path(steps) for steps in _ways(key)] for key in keys if _has_paths(key)}
    listed = [path for found in paths.values() for path in found]
    texts = bench.column(f"json_extract({document}, {quote.texts(listed)})::VARCHAR[]")
    places = {path: place for place, path in enumerate(listed, start=1)}
    made = {key: coalesce(_leaf(f"{texts}[{places[path]}]") for path in found) for key, found in paths.items()}
    rare = {key: _looked_up(bench, document, key) for key in keys if key not in made}
    return {**{key: text for key, text in made.items() if text is not None}, **rare}


def entries(document: str) -> str:
    """A list of {key, value}: the name and the JSON text of each field."""
    flat = found = _children(document, "")
    inside = _children("e.value", "e.key || '.' || ")
    for _ in range(_MOST_DEPTH - 1):
        nested = f"CASE WHEN {_is_nested('e.value')} THEN {inside} ELSE [e] END"
        found = f"flatten(list_transform({found}, lambda e: {nested}))"
    # Most objects hold no other, and going through them in vain costs more than all else.
    return f"CASE WHEN contains(substr({document}, 2), '{{') THEN {found} ELSE {flat} END"


def _children(document: str, prefix: str) -> str:
    pairs = f"list_zip(json_keys({document}), json_extract({document}, '$.*')::VARCHAR[])"
    return f"list_transform({pairs}, lambda p: struct_pack(key := {prefix}p[1], value := p[2]))"


def _is_nested(text: str) -> str:
    return f"starts_with({text}, '{{') AND {text} <> '{{}}'"


def _leaf(text: str) -> str:
    """The text, if it is of a field: no null, and nothing that has fields inside."""
    return f"CASE WHEN {text} <> 'null' AND NOT ({_is_nested(text)}) THEN {text} END"


def _looked_up(bench: Bench, document: str, key: str) -> str:
    named = f"list_filter({entries(document)}, lambda e: e.key = {quote.text(key)} AND e.value <> 'null')"
    return bench.column(f"{named}[1]['value']")


def _has_paths(key: str) -> bool:
    """Whether paths lead to a key: the database knows none without characters, and a star means any, quoted or not."""
    parts = key.split(".")
    return len(parts) <= _MOST_STEPS and all(parts) and "*" not in key


def _ways(key: str) -> Iterator[list[str]]:
    """The ways in which keys with and without dots make up a name, the most nested first."""
    parts = key.split(".")
    for joins in range(len(parts)):
        for cuts in combinations(range(1, len(parts)), len(parts) - 1 - joins):
            borders = [0, *cuts, len(parts)]
            yield [".".join(parts[start:end]) for start, end in pairwise(borders)]


def _path(steps: Sequence[str]) -> str:
    return "$" + "".join('."' + step.replace("\\", "\\\\").replace('"', '\\"') + '"' for step in steps)
