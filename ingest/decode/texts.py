"""How everything that is not text already becomes text: bytes, extension values, map keys, arrays."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from msgpack import Timestamp

from ingest.decode.changes import (
    BYTES_TAGGED,
    DUPLICATE_KEY,
    EXTENSION_TAGGED,
    EXTENSION_TIME,
    KEY_TO_TEXT,
    NOT_FINITE,
    TEXT_ESCAPED,
    Changes,
)
from ingest.decode.values import Ext, Pairs

EVENT_TIME_CODE = 0
EVENT_TIME_BYTES = 8

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_SECOND = 1_000_000_000


def clean_text(text: str, changes: Changes) -> str:
    r"""`text` with each byte that was not UTF-8 as `\xNN`."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        changes[TEXT_ESCAPED] += 1
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text


def bytes_to_text(data: bytes, changes: Changes) -> str:
    """The text that the bytes are in UTF-8, else `base64:` and their base64."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        changes[BYTES_TAGGED] += 1
        return _tagged(data)


def extension_to_text(value: Ext | Timestamp, changes: Changes) -> str:
    """RFC 3339 for Fluentd's EventTime and msgpack's timestamp, else `ext<type>:base64:...`."""
    ext = Ext(-1, value.to_bytes()) if isinstance(value, Timestamp) else value
    time = _time_of(value)
    text = None if time is None else rfc3339(*time)
    if text is None:
        changes[EXTENSION_TAGGED] += 1
        return f"ext{ext.code}:{_tagged(ext.data)}"
    changes[EXTENSION_TIME] += 1
    return text


def rfc3339(seconds: int, nanoseconds: int) -> str | None:
    """The instant as RFC 3339 text with nine digits and `Z`; None outside the years 1 to 9999."""
    carry, nanoseconds = divmod(nanoseconds, _NS_PER_SECOND)
    try:
        instant = _EPOCH + timedelta(seconds=seconds + carry)
    except OverflowError:
        return None
    return f"{instant:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + f".{nanoseconds:09d}Z"


def key_to_text(key: Any, changes: Changes) -> str:
    """The text of a map's key: itself, decimal digits, `true`, `null`, ..., or JSON for an array or map."""
    if type(key) is str:
        return clean_text(key, changes)
    if type(key) is not bytes:
        changes[KEY_TO_TEXT] += 1
    plain = _plain(key, changes)
    return plain if isinstance(plain, str) else _dump(plain)


def textual_keys(pairs: Pairs, changes: Changes) -> Pairs:
    """`pairs` with every key as text and none twice, in nested maps too (those in arrays excepted: see `json_text`)."""
    return tuple(
        (key, textual_keys(value, changes) if type(value) is tuple else value)
        for key, value in _members(pairs, changes).items()
    )


def json_text(value: Any, changes: Changes) -> str:
    """An array or map as compact JSON; what JSON has no word for becomes text as it would in a field of its own.

    NaN and the infinities are the bare words `NaN`, `Infinity`, `-Infinity`; nulls stay.
    """
    return _dump(_plain(value, changes))


def _plain(value: Any, changes: Changes) -> Any:  # noqa: PLR0911 - one case for each type
    match value:
        case str():
            return clean_text(value, changes)
        case float():
            changes[NOT_FINITE] += not math.isfinite(value)
            return value
        case bytes():
            return bytes_to_text(value, changes)
        case Ext() | Timestamp():
            return extension_to_text(value, changes)
        case list():
            return [_plain(item, changes) for item in value]
        case tuple():
            return {key: _plain(item, changes) for key, item in _members(value, changes).items()}
        case _:
            return value


def _members(pairs: Pairs, changes: Changes) -> dict[str, Any]:
    """The map by its keys' texts: the last value of each, at the place of the first."""
    members = {key_to_text(key, changes): value for key, value in pairs}
    changes[DUPLICATE_KEY] += len(pairs) - len(members)
    return members


def _time_of(value: Ext | Timestamp) -> tuple[int, int] | None:
    if isinstance(value, Timestamp):
        return value.seconds, value.nanoseconds
    if value.code == EVENT_TIME_CODE and len(value.data) == EVENT_TIME_BYTES:
        return int.from_bytes(value.data[:4], "big"), int.from_bytes(value.data[4:], "big")
    return None


def _tagged(data: bytes) -> str:
    return "base64:" + b64encode(data).decode()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
