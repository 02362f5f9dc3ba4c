"""Fields out of text by the patterns of `parse`, a character at a time."""

from __future__ import annotations

import re

from query.lang import nodes
from tests.query.differential.literals import number_of
from tests.query.differential.matching import search_regex
from tests.query.differential.values import Value, json_number

_PLACE = re.compile(r"<<|<([^<>]*)>")


def taken_apart(pattern: nodes.String | nodes.Regex, text: str | None) -> tuple[dict[str, Value], int]:
    """The fields, None where there is nothing, and how many numbers could not be read."""
    if isinstance(pattern, nodes.Regex):
        names = list(re.compile(pattern.pattern).groupindex)
        match = None if text is None else search_regex(text, pattern.pattern)
        return {name: None if match is None else match[name] or None for name in names}, 0
    literals, places = _pieces(pattern.text)
    texts = None if text is None else _dissected(text, literals)
    found: dict[str, Value] = {}
    failures = 0
    for number, (name, _, kind) in enumerate(place.partition(":") for place in places):
        if name == "_":
            continue
        piece = (texts[number] or None) if texts is not None else None
        found[name] = _number(piece) if kind and piece else piece
        failures += piece is not None and found[name] is None
    return found, failures


def _pieces(text: str) -> tuple[list[str], list[str]]:
    """The text before each place and after the last one, and the places."""
    literals, places, at = [""], [], 0
    for match in _PLACE.finditer(text):
        literals[-1] += text[at : match.start()]
        at = match.end()
        if match[0] == "<<":
            literals[-1] += "<"
        else:
            places.append(match[1])
            literals.append("")
    literals[-1] += text[at:]
    return literals, places


def _dissected(text: str, literals: list[str]) -> list[str] | None:
    """What stands between the literals, each looked for behind the one before; at the ends, all there is."""
    start = text.find(literals[0])
    if start < 0:
        return None
    at, found = start + len(literals[0]), []
    for place, literal in enumerate(literals[1:], start=1):
        is_rest = literal == "" and place == len(literals) - 1
        end = len(text) if is_rest else text.find(literal, at)
        if end < 0:
            return None
        found.append(text[at:end])
        at = end + len(literal)
    return found


def _number(piece: str) -> Value:
    number = json_number(piece)
    if number is not None:
        return number
    measure = number_of(piece)
    return None if measure is None else float(measure)
