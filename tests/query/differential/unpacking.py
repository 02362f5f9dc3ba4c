"""Fields out of structured text, as `json` and `logfmt` find them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from logstore.model.levels import normalize_level
from query.lang import nodes
from tests.query.differential.values import Value, as_text, from_json, json_number

_DEPTH = 6


def unpacked(form: nodes.TextForm, text: str | None, prefix: str | None) -> dict[str, Value] | None:
    """The fields; None when the text is missing or cannot be read."""
    if text is None:
        return None
    pairs = list(_json(text) if form == "json" else _logfmt(text))
    if (None, None) in pairs:
        return None
    found: dict[str, Value] = {}
    for key, value in pairs:
        if key is not None and value is not None:
            found.setdefault(key, value)
    if prefix is not None:
        return {f"{prefix}.{name}": value for name, value in found.items()}
    return {name: _as_event_has(name, value) for name, value in found.items() if name not in {"time", "tag", "_seq"}}


def _as_event_has(name: str, value: Value) -> Value:
    """Levels under their own names, messages as text."""
    if name == "message":
        return as_text(value)
    if name == "level":
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return (normalize_level(value) or value) if isinstance(value, str) else None
    return value


def _json(text: str) -> Iterator[tuple[str | None, Value]]:
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if isinstance(read, dict):
        yield from _flattened("", read, _DEPTH)
    else:
        yield None, None


def _flattened(start: str, read: dict[str, Any], room: int) -> Iterator[tuple[str, Value]]:
    for key, value in read.items():
        if isinstance(value, dict) and value and room > 1:
            yield from _flattened(f"{start}{key}.", value, room - 1)
        else:
            yield start + key, from_json(value)


def _logfmt(text: str) -> Iterator[tuple[str, Value]]:
    at = 0
    while at < len(text):
        if text[at] == '"':
            at = _after_quoted(text, at) or at + 1
            continue
        end = at
        while end < len(text) and not text[end].isspace() and text[end] not in '="':
            end += 1
        if end == at or text[end : end + 1] != "=":
            at = max(end, at + 1)
            continue
        key, at = text[at:end], end + 1
        after = _after_quoted(text, at) if text[at : at + 1] == '"' else None
        if after is not None:
            yield key, _unquoted(text[at:after])
            at = after
            continue
        end = at
        while end < len(text) and not text[end].isspace() and text[end] != '"':
            end += 1
        yield key, _plain(text[at:end])
        at = end


def _after_quoted(text: str, at: int) -> int | None:
    """Where a quoted text that starts here has ended; None when it does not end."""
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    return end + 1 if end < len(text) else None


def _unquoted(source: str) -> Value:
    try:
        return json.loads(source, strict=False) or None if "\\" in source else source[1:-1] or None
    except ValueError:
        return source[1:-1]


def _plain(source: str) -> Value:
    if source in {"true", "false"}:
        return source == "true"
    number = json_number(source)
    return (source or None) if number is None else from_json(number)
