"""The functions and aggregates of the language: names, parameters, results, and one line on each.

The only list of them. The checks, the documentation's tables and the error messages come from here; a compiler maps
each name to its own tongue and must know exactly these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction


class Takes(Enum):
    """What may stand as an argument."""

    VALUE = "an expression"
    CONDITION = "a condition"
    REGEX = "a regular expression in quotes"
    TEXT = "a text in quotes"
    COUNT = "a whole number"
    WIDTH = "a number or duration above 0"
    SHARE = "a number from 0 to 1"


class Gives(Enum):
    """Kind of a result. It may also be missing."""

    ANY = "any"
    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"
    JSON = "json"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its name, as the documentation shows it, and what it takes."""

    name: str
    takes: Takes = Takes.VALUE


@dataclass(frozen=True, slots=True)
class Function:
    """A function or aggregate.

    Attributes:
        name: as written in queries.
        forms: the parameter lists it can be called with, each of another length.
        variadic: the last parameter of the only form may be given any further number of times.
        gives: kind of the result.
        summary: what it does, in one line for the documentation.
    """

    name: str
    forms: tuple[tuple[Parameter, ...], ...]
    gives: Gives
    summary: str
    variadic: bool = False

    def form(self, count: int) -> tuple[Parameter, ...] | None:
        """The parameters that `count` arguments go to, one each; None when it cannot be called with so many."""
        if self.variadic and count > len(self.forms[0]):
            return self.forms[0] + self.forms[0][-1:] * (count - len(self.forms[0]))
        return next((form for form in self.forms if len(form) == count), None)

    @property
    def usage(self) -> str:
        """How to call it: `bin(width)` or `bin(x, width)`, one per form, joined by ` or `."""
        more = ", …" if self.variadic else ""
        return " or ".join(f"{self.name}({', '.join(p.name for p in form)}{more})" for form in self.forms)


def _parameters(text: str) -> tuple[Parameter, ...]:
    """Parameters from names, each perhaps with what it takes after a colon: `x width:WIDTH`."""
    pairs = (word.partition(":") for word in text.split())
    return tuple(Parameter(name, Takes[takes] if takes else Takes.VALUE) for name, _, takes in pairs)


def _function(usage: str, gives: Gives, summary: str) -> Function:
    """A function from its name and forms: `bin width:WIDTH | x width:WIDTH`; a last `...` makes it variadic."""
    name, _, rest = usage.partition(" ")
    variadic = rest.endswith("...")
    forms = tuple(_parameters(form) for form in rest.removesuffix("...").split("|"))
    return Function(name, forms, gives, summary, variadic)


def _table(*functions: Function) -> dict[str, Function]:
    return {function.name: function for function in functions}


FUNCTIONS: dict[str, Function] = _table(
    # text
    _function("lower s", Gives.TEXT, "small letters (Unicode, one character for one)"),
    _function("upper s", Gives.TEXT, "capital letters (Unicode, one character for one)"),
    _function("trim s", Gives.TEXT, "without the white space at both ends"),
    _function("len s", Gives.NUMBER, "number of characters"),
    _function("substr s start n", Gives.TEXT, "n characters from the given one on, counted from 1"),
    _function("replace s old new", Gives.TEXT, "every `old` replaced by `new`"),
    _function(
        "split s separator | s separator i",
        Gives.ANY,
        "the pieces as a JSON array; with `i` the i-th piece, from 1, or from the end when negative",
    ),
    _function("concat a ...", Gives.TEXT, "the texts of all arguments, one after another"),
    _function("contains s part", Gives.BOOL, "whether `part` occurs in `s`, case-sensitive"),
    _function("startswith s start", Gives.BOOL, "whether `s` starts so, case-sensitive"),
    _function("endswith s end", Gives.BOOL, "whether `s` ends so, case-sensitive"),
    _function(
        "extract s regex:REGEX | s regex:REGEX group:COUNT",
        Gives.TEXT,
        "what the regex matched first, or its first group, or group number `group`; missing when nothing did",
    ),
    # numbers
    _function("round x | x digits:COUNT", Gives.NUMBER, "rounded to so many decimals (0 by default)"),
    _function("floor x", Gives.NUMBER, "the next whole number below"),
    _function("ceil x", Gives.NUMBER, "the next whole number above"),
    _function("abs x", Gives.NUMBER, "without its sign"),
    _function("sqrt x", Gives.NUMBER, "square root"),
    _function("log x", Gives.NUMBER, "natural logarithm"),
    _function("exp x", Gives.NUMBER, "e to the power of x"),
    _function("pow x y", Gives.NUMBER, "x to the power of y"),
    _function("least a b ...", Gives.NUMBER, "the smallest of the numbers"),
    _function("greatest a b ...", Gives.NUMBER, "the largest of the numbers"),
    # kinds and choice
    _function("number x", Gives.NUMBER, "a number from JSON number text, from a bool (0, 1) or from a time (seconds)"),
    _function("text x", Gives.TEXT, "any value as text; numbers as in JSON, times as RFC 3339"),
    _function("if condition:CONDITION a b", Gives.ANY, "`a` when the condition holds, else `b`"),
    _function("coalesce a ...", Gives.ANY, "the first that is not missing, as `a ?? b`"),
    # time
    _function("now ", Gives.TIME, "when the query started"),
    _function(
        "bin width:WIDTH | x width:WIDTH",
        Gives.ANY,
        "the start of the bin that `x` (by default `time`) falls into; bins start at 0, or 1970-01-01T00:00Z",
    ),
    _function("format_time t format:TEXT", Gives.TEXT, "a time in UTC, by a strftime format"),
    # logs
    _function("url_path s", Gives.TEXT, "the path of a URL or request path, without query and fragment"),
    _function("url_host s", Gives.TEXT, "the host of a URL, without user and port"),
    _function("ip_in s network:TEXT", Gives.BOOL, "whether `s` is an IP address of the network (CIDR, IPv4 or IPv6)"),
    _function("hash x", Gives.TEXT, "16 hexadecimal digits that depend on `text(x)` alone, for ever"),
    _function("json_get x path:TEXT", Gives.ANY, "the value at a path such as `items[0].id` in JSON text"),
    _function("json_len x", Gives.NUMBER, "number of elements of a JSON array, or of keys of an object"),
)

AGGREGATES: dict[str, Function] = _table(
    _function("count | x", Gives.NUMBER, "number of rows; with `x`, of rows that have it"),
    _function("countif condition:CONDITION", Gives.NUMBER, "number of rows for which the condition holds"),
    _function("distinct x", Gives.NUMBER, "number of different values, exactly"),
    _function("exact_distinct x", Gives.NUMBER, "another name for `distinct`"),
    _function("sum x", Gives.NUMBER, "sum of the numbers; an integer while all of them are and it fits"),
    _function("avg x", Gives.NUMBER, "mean of the numbers"),
    _function("stddev x", Gives.NUMBER, "standard deviation of the numbers as a sample; missing below two"),
    _function("min x", Gives.ANY, "smallest value in the total order; `level` by severity"),
    _function("max x", Gives.ANY, "largest value in the total order; `level` by severity"),
    _function("quantile x q:SHARE", Gives.NUMBER, "the quantile of the numbers, interpolated between two"),
    _function("first x", Gives.ANY, "value at the oldest row that has one"),
    _function("last x", Gives.ANY, "value at the newest row that has one"),
    _function("values x | x n:COUNT", Gives.JSON, "the first n different values in the total order (100 by default)"),
    _function("rate ", Gives.NUMBER, "rows per second, of the bin of `time` in `by`, else of the query's window"),
    _function("histogram x", Gives.JSON, 'object of "lower..upper" to count, in steps of 1, 2, 5 times powers of ten'),
)

PERCENTILE = _function(
    "p50 x", Gives.NUMBER, "percentile of the numbers: `p50`, `p95`, `p99.9`, any from `p0` to `p100`"
)
"""What the aggregates `p0` to `p100` have in common; the name stands for all."""

FUNCTIONS_ELSEWHERE: dict[str, str] = {
    "length": "len",
    "strlen": "len",
    "tolower": "lower",
    "toupper": "upper",
    "substring": "substr",
    "strip": "trim",
    "regexp_extract": "extract",
    "tonumber": "number",
    "int": "number",
    "float": "number",
    "tostring": "text",
    "string": "text",
    "ln": "log",
    "power": "pow",
    "ceiling": "ceil",
    "min": "least",
    "max": "greatest",
    "iff": "if",
    "iif": "if",
    "case": "if",
    "ifnull": "coalesce",
    "bucket": "bin",
    "date_trunc": "bin",
    "strftime": "format_time",
    "cidrmatch": "ip_in",
}
"""Names that other languages have for functions."""

AGGREGATES_ELSEWHERE: dict[str, str] = {
    "average": "avg",
    "mean": "avg",
    "median": "p50",
    "percentile": "quantile",
    "stdev": "stddev",
    "dc": "distinct",
    "uniq": "distinct",
    "count_distinct": "distinct",
    "count_if": "countif",
    "earliest": "first",
    "latest": "last",
    "list": "values",
}
"""Names that other languages have for aggregates."""

_PERCENTILE_NAME = re.compile(r"p(100|[0-9]{1,2}(?:\.[0-9]{1,9})?)")


def percentile(name: str) -> float | None:
    """The share (0 to 1) that an aggregate such as `p99.9` asks for; None when the name is not of that form."""
    match = _PERCENTILE_NAME.fullmatch(name)
    return None if match is None else float(Fraction(match[1]) / 100)


def aggregate(name: str) -> Function | None:
    """The aggregate of this name, if there is one; the form and result of a percentile under its own name."""
    if percentile(name) is not None:
        return Function(name, PERCENTILE.forms, PERCENTILE.gives, PERCENTILE.summary)
    return AGGREGATES.get(name)
