"""Functions of the language, each from its sentence in the documentation."""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import json
import math
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from tests.query.differential.arithmetic import NS, CannotComputeError, checked_float
from tests.query.differential.matching import search_regex
from tests.query.differential.values import (
    INT64,
    Time,
    Value,
    as_text,
    compare,
    from_json,
    is_finite,
    is_int,
    is_number,
    json_number,
    text_of,
)


def call(name: str, arguments: list[Value]) -> Value:
    """`name(arguments…)`; a missing argument makes the result missing, a wrong kind raises `CannotComputeError`."""
    if any(argument is None for argument in arguments):
        return None
    return FUNCTIONS[name](*arguments)


def _text(value: Value) -> str:
    text = text_of(value)
    if text is None:
        raise CannotComputeError
    return text


def _single(char: str, changed: str) -> str:
    """One character for one: what would become two stays as it is."""
    return changed if len(changed) == 1 else char


def _number(value: Value) -> int | float:
    if not isinstance(value, (int, float)) or not is_number(value):
        raise CannotComputeError
    return value


def _substr(value: Value, start: Value, length: Value = None) -> Value:
    text, first = _text(value), int(_number(start))
    begin = max(first - 1, 0)
    end = len(text) if length is None else first - 1 + int(_number(length))
    return text[begin : max(end, begin)]


def _split(value: Value, separator: Value, index: Value = None) -> Value:
    pieces = _text(value).split(_text(separator))
    if index is None:
        return from_json(pieces)
    place = int(_number(index))
    if place == 0 or abs(place) > len(pieces):
        return None
    return pieces[place - 1 if place > 0 else place]


def _extract(value: Value, pattern: Value, group: Value = None) -> Value:
    match = search_regex(_text(value), str(pattern))
    if match is None:
        return None
    default = 1 if re.compile(str(pattern)).groups else 0
    return match.group(default if group is None else int(_number(group)))


def _to_number(value: Value) -> Value:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Time):
        return value.ns / NS
    if isinstance(value, (int, float)):
        return value
    number = json_number(value) if isinstance(value, str) else None
    if number is None:
        raise CannotComputeError
    return number


def _away_from_zero(value: Value, digits: Value = 0) -> Value:
    number, places = _number(value), int(_number(digits))
    if is_int(number) and places >= 0:
        return number
    if not is_finite(number):
        return number
    scaled = float(number) * 10.0**places
    return math.copysign(math.floor(abs(scaled) + 0.5), scaled) / 10.0**places


def _whole(compute: Callable[[float], int]) -> Callable[[Value], Value]:
    def apply(value: Value) -> Value:
        number = _number(value)
        return number if is_int(number) or not is_finite(number) else float(compute(number))

    return apply


def _abs(value: Value) -> Value:
    number = abs(_number(value))
    if is_int(number) and number not in INT64 and not (is_int(value) and _number(value) > 0):
        raise CannotComputeError
    return number


def _real(compute: Callable[..., float]) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        numbers = [float(_number(value)) for value in values]
        return checked_float(lambda: compute(*numbers), *numbers)

    return apply


def _pick(side: int) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        best = values[0]
        for value in values:
            _number(value)
            best = value if compare(value, best) == side else best
        return best

    return apply


def bin_of(value: Value, width: Value) -> Value:
    """`bin(value, width)`; the width of instants in seconds."""
    if value is None:
        return None
    if isinstance(value, Time):
        step = round(_number(width) * NS)
        start = value.ns // step * step
        if start not in INT64:
            raise CannotComputeError
        return Time(start)
    number, size = _number(value), _number(width)
    if is_int(number) and is_int(size) and number in INT64:
        low = number // size * size
        if low not in INT64:
            raise CannotComputeError
        return low
    if not is_finite(number):
        return number
    return checked_float(lambda: math.floor(float(number) / float(size)) * float(size), number, size)


def _format_time(value: Value, pattern: Value) -> Value:
    if not isinstance(value, Time):
        raise CannotComputeError
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=value.ns // NS)
    return moment.strftime(str(pattern))


def _url_path(value: Value) -> Value:
    return urlsplit(_text(value)).path or None


def _url_host(value: Value) -> Value:
    return urlsplit(_text(value)).hostname


def _ip_in(value: Value, network: Value) -> Value:
    try:
        return ipaddress.ip_address(_text(value)) in ipaddress.ip_network(str(network), strict=False)
    except ValueError:
        return False


def _json(value: Value) -> object:
    try:
        return json.loads(_text(value))
    except ValueError:
        raise CannotComputeError from None


def _json_get(value: Value, path: Value) -> Value:
    found = _json(value)
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", str(path)):
        try:
            found = found[int(index)] if index else found[name]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None
    return from_json(found)


def _json_len(value: Value) -> Value:
    found = _json(value)
    if not isinstance(found, (list, dict)):
        raise CannotComputeError
    return len(found)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "lower": lambda value: "".join(_single(char, char.lower()) for char in _text(value)),
    "upper": lambda value: "".join(_single(char, char.upper()) for char in _text(value)),
    "trim": lambda value: _text(value).strip(),
    "len": lambda value: len(_text(value)),
    "substr": _substr,
    "replace": lambda value, old, new: _text(value).replace(_text(old), _text(new)),
    "split": _split,
    "contains": lambda value, part: _text(part) in _text(value),
    "startswith": lambda value, part: _text(value).startswith(_text(part)),
    "endswith": lambda value, part: _text(value).endswith(_text(part)),
    "extract": _extract,
    "concat": lambda *values: "".join(str(as_text(value)) for value in values),
    "number": _to_number,
    "text": as_text,
    "round": _away_from_zero,
    "floor": _whole(math.floor),
    "ceil": _whole(math.ceil),
    "abs": _abs,
    "sqrt": _real(math.sqrt),
    "log": _real(math.log),
    "exp": _real(math.exp),
    "pow": _real(math.pow),
    "least": _pick(-1),
    "greatest": _pick(1),
    "bin": bin_of,
    "format_time": _format_time,
    "url_path": _url_path,
    "url_host": _url_host,
    "ip_in": _ip_in,
    "json_get": _json_get,
    "json_len": _json_len,
    "hash": lambda value: hashlib.md5(str(as_text(value)).encode(), usedforsecurity=False).hexdigest()[:16],
}
