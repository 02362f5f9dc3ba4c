"""Records of scripts as stored events: what decoding would make of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.query.differential.events import Event
from tests.query.differential.literals import instant_span
from tests.query.differential.values import Json, Time, Value, from_json, rfc3339


def read_records(lines: Sequence[str], first_seq: int) -> list[Event]:
    """Events from JSON lines: nested maps flattened with dots, arrays as JSON, nulls left out."""
    return [_event(json.loads(line), seq) for seq, line in enumerate(lines, first_seq)]


def _event(record: dict[str, Any], seq: int) -> Event:
    return {**dict(_flat(record)), "time": read_time(record["time"]), "_seq": seq}


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Value]]:
    for key, value in record.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield prefix + key, from_json(value)


def read_time(text: str) -> Time:
    """An instant in RFC 3339."""
    span = instant_span(text)
    assert span is not None
    return Time(span[0])


def shown(value: Value) -> Any:
    """A value as the JSON lines of an answer show it."""
    if isinstance(value, Json):
        return json.loads(value.text)
    return rfc3339(value.ns) if isinstance(value, Time) else value
