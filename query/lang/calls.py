"""Checks of a call against the tables of functions: the name, the number of arguments, and what each must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network

from logstore.errors import Span
from query.lang import functions, limits, nearest
from query.lang import nodes as n
from query.lang.expected import either
from query.lang.fault import Fault
from query.lang.functions import Function, Takes

_MAX_COUNT = 2**63 - 1
_JSON_PATH = re.compile(r"(?:[^.\[\]]+|\[[0-9]{1,9}\])(?:\.[^.\[\]]+|\[[0-9]{1,9}\])*")


def check_function(call: n.Call) -> None:
    """Ends with a `Fault` if an expression cannot have this call."""
    function = functions.FUNCTIONS.get(call.name)
    if function is None:
        raise _unknown_function(call)
    _check_arguments(call, function)


def check_aggregate(call: n.Call) -> None:
    """Ends with a `Fault` if `stats` cannot have this call."""
    function = functions.aggregate(call.name)
    if function is None:
        raise _unknown_aggregate(call)
    _check_arguments(call, function)


def _name_span(call: n.Call) -> Span:
    return Span(call.span.start, call.span.start + len(call.name))


def _unknown_function(call: n.Call) -> Fault:
    if functions.aggregate(call.name) is not None:
        row_wise = functions.FUNCTIONS_ELSEWHERE.get(call.name)
        hint = f"within a row it is {row_wise}; " if row_wise is not None else ""
        hint += "aggregates stand in stats; name the result with as and use that name in the next stage"
        return Fault(f"{call.name} is an aggregate, and no function", _name_span(call), hint)
    hint = nearest.suggestion(call.name, functions.FUNCTIONS, "functions are", functions.FUNCTIONS_ELSEWHERE)
    return Fault(f"unknown function {call.name}", _name_span(call), hint)


def _unknown_aggregate(call: n.Call) -> Fault:
    if call.name in functions.FUNCTIONS:
        hint = "use it inside an aggregate, after by, or in let"
        return Fault(f"{call.name} is a function, and no aggregate", _name_span(call), hint)
    hint = unknown_aggregate_hint(call.name)
    return Fault(f"unknown aggregate {call.name}", _name_span(call), hint)


def unknown_aggregate_hint(name: str) -> str:
    """What else to write for an aggregate that does not exist."""
    return nearest.suggestion(name, functions.AGGREGATES, "aggregates are p0 to p100", functions.AGGREGATES_ELSEWHERE)


def _check_arguments(call: n.Call, function: Function) -> None:
    form = function.form(len(call.args))
    if form is None:
        counts = either([str(len(form)) for form in function.forms])
        more = " or more" if function.variadic else ""
        noun = "argument" if counts == "1" and not more else "arguments"
        message = f"{call.name} takes {counts}{more} {noun}, not {len(call.args)}"
        raise Fault(message, call.span, f"write {function.usage}")
    for parameter, arg in zip(form, call.args, strict=True):
        if not _FITS[parameter.takes](arg):
            message = f"{parameter.name} of {call.name} must be {parameter.takes.value}"
            raise Fault(message, arg.span, f"write {function.usage}")
    if call.name in _SPECIAL:
        for fault in _SPECIAL[call.name](call):
            raise fault


def _is_count(arg: n.Expression | n.Regex) -> bool:
    return isinstance(arg, n.Number) and isinstance(arg.value, int) and 0 <= arg.value <= _MAX_COUNT


def _is_width(arg: n.Expression | n.Regex) -> bool:
    return isinstance(arg, n.Number) and 0 < arg.value < float("inf")


def _is_share(arg: n.Expression | n.Regex) -> bool:
    return isinstance(arg, n.Number) and 0 <= arg.value <= 1


_FITS: dict[Takes, Callable[[n.Expression | n.Regex], bool]] = {
    Takes.VALUE: lambda arg: not isinstance(arg, n.Regex),
    Takes.CONDITION: lambda arg: not isinstance(arg, n.Regex),
    Takes.REGEX: lambda arg: isinstance(arg, n.Regex),
    Takes.TEXT: lambda arg: isinstance(arg, n.String),
    Takes.COUNT: _is_count,
    Takes.WIDTH: _is_width,
    Takes.SHARE: _is_share,
}


def _bin_faults(call: n.Call) -> Iterator[Fault]:
    match call.args:
        case (n.Number() as width,) if not width.nanoseconds:
            yield Fault("this width is no span of time", width.span, "write for example bin(1m)")


def _network_faults(call: n.Call) -> Iterator[Fault]:
    match call.args:
        case (_, n.String(text, span)):
            try:
                ip_network(text, strict=False)
            except ValueError:
                yield Fault(f"{text} is no network", span, 'write for example "10.0.0.0/8" or "2001:db8::/32"')


def _format_faults(call: n.Call) -> Iterator[Fault]:
    match call.args:
        case (_, n.String(text, span)) if not 0 < len(text) <= limits.MAX_TIME_FORMAT:
            message = f"a format of times has 1 to {limits.MAX_TIME_FORMAT} characters"
            yield Fault(message, span, 'write for example "%Y-%m-%d"')


def _path_faults(call: n.Call) -> Iterator[Fault]:
    match call.args:
        case (_, n.String(text, span)) if not _JSON_PATH.fullmatch(text):
            yield Fault("this is no path into JSON", span, 'write for example "items[0].id"')


def _values_faults(call: n.Call) -> Iterator[Fault]:
    match call.args:
        case (_, n.Number() as count) if count.value == 0:
            yield Fault("the number of values is 1 or more", count.span, "write for example values(x, 10)")


_SPECIAL: dict[str, Callable[[n.Call], Iterator[Fault]]] = {
    "bin": _bin_faults,
    "format_time": _format_faults,
    "ip_in": _network_faults,
    "json_get": _path_faults,
    "values": _values_faults,
}
