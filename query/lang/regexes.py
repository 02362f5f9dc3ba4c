"""Whether a regular expression is one: asked of RE2 itself, the dialect that queries run on."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from query.lang import limits
from query.lang.fault import Fault
from query.lang.nodes import Regex

# One missing text: RE2 compiles the expression and matches nothing. (Not `pa.array`, which would import pandas.)
_NOTHING = pa.nulls(1, pa.string())

# Arrow's RE2 takes `(?<name>`, DuckDB's older one does not. Escapes and character classes may hold those characters.
_TOKEN = re.compile(
    r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]|(?P<group>\(\?<)",
    re.DOTALL,
)

# An escape, a quoted run, a character class (`]` first in it stands for itself), or an opening parenthesis.
_GROUP = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]|\((\?(?:P?<[^>]*>)?)?", re.DOTALL)


# What stands for itself, or how often what stands before it is repeated.
_REPEAT = re.compile(
    r"\\Q.*?(?:\\E|$)|\\[pPx]\{\w*\}|\\.|\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]"
    r"|\{(?P<least>\d+)(?:,(?P<most>\d*))?\}|(?P<open>[*+])",
    re.DOTALL,
)


def refuse_bad_regex(regex: Regex) -> None:
    """Ends with a `Fault` if RE2 does not understand the expression, or might take too long over it."""
    if len(regex.pattern) > limits.MAX_REGEX_CHARACTERS:
        message = f"a regular expression has at most {limits.MAX_REGEX_CHARACTERS:,} characters"
        raise Fault(message, regex.span, "many texts are found faster as words with or, or in a list of values")
    reason = _reason(regex.pattern)
    if reason is not None:
        hint = "the dialect is RE2: no look-around, no back-references, groups named as in (?P<name>…)"
        raise Fault(f"this is no regular expression: {reason}", regex.span, hint)
    if repeats(regex.pattern) > limits.MAX_REPEATS:
        message = f"this regular expression repeats more than {limits.MAX_REPEATS} times by numbers"
        raise Fault(message, regex.span, "write * or + for any number of times")
    if open_repeats(regex.pattern) > limits.MAX_OPEN_REPEATS:
        message = f"this regular expression has more than {limits.MAX_OPEN_REPEATS} of *, + and {{n,}}"
        raise Fault(message, regex.span, "write several shorter ones, joined by or")


def repeats(pattern: str) -> int:
    """The sum of the numbers of times that a valid expression writes out, the larger one of each pair."""
    found = (token for token in _REPEAT.finditer(pattern) if token["least"])
    return sum(int(token["most"] or token["least"]) for token in found)


def open_repeats(pattern: str) -> int:
    """How many things a valid expression repeats any number of times."""
    return sum(bool(token["open"]) or token["most"] == "" for token in _REPEAT.finditer(pattern))


def _reason(pattern: str) -> str | None:
    """What RE2 has against the pattern; None if nothing."""
    if any(token["group"] for token in _TOKEN.finditer(pattern)):
        return "invalid perl operator: (?<"
    try:
        pc.match_substring_regex(_NOTHING, pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")
    return None


def group_names(pattern: str) -> tuple[str | None, ...]:
    """The name of each group that a valid expression captures, None for those without."""
    found = (token[1] for token in _GROUP.finditer(pattern) if token[0].startswith("("))
    return tuple(
        None if name is None else name[name.index("<") + 1 : -1] for name in found if name is None or name.endswith(">")
    )
