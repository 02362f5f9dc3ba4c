"""What makes much out of little: functions whose texts DuckDB does not count as memory, held small by their arguments.

(Concatenation, lists and `string_agg` are counted: they end at the limit on memory. Measured with DuckDB 2.0.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Node: TypeAlias = Mapping[str, Any]
"""A node of the syntax tree, as DuckDB's `json_serialize_sql` writes it."""

MOST_GROWTH = 1_000
"""How many times longer all `repeat`, `replace` and `regexp_replace` of a statement together may make a text. A vector
of 2,048 lines of 200 bytes is then at most 400 MB for each thread."""

MOST_PADDING = 1_000
"""Characters that `lpad` and `rpad` may fill up to."""

_PADDING = frozenset(("lpad", "rpad"))
_REPLACING = frozenset(("replace", "regexp_replace"))


class GrowthError(ValueError):
    """A call that may make too much; the message says what is wrong with it."""


def growth_of(name: str, arguments: Sequence[Node]) -> int:
    """How many times longer than its first argument a function's result may be.

    Raises:
        GrowthError: that cannot be told before it runs, or is too much.
    """
    if name == "repeat":
        return max(1, _number(name, arguments, 1))
    if name in _PADDING:
        if _number(name, arguments, 1) > MOST_PADDING:
            raise GrowthError(f"{name} fills up to {MOST_PADDING:,} characters at most")
        return 1
    if name in _REPLACING:
        literal = _literal(arguments, 2)
        if literal is None or literal["kind"] != "STRING":
            raise GrowthError(f"what {name} puts in must be a text written out")
        replaced = _literal(arguments, 1) if name == "replace" else None
        old = len(replaced.get("text", "")) if replaced is not None else 1
        return -(-len(literal.get("text", "")) // max(1, old)) or 1
    return 1


def _number(name: str, arguments: Sequence[Node], place: int) -> int:
    literal = _literal(arguments, place)
    if literal is None or literal["kind"] != "INTEGER":
        raise GrowthError(f"the number of {name} must be written out")
    return int(literal["text"])


def _literal(arguments: Sequence[Node], place: int) -> Node | None:
    """The literal at a place; None when something else stands there, or nothing."""
    if place >= len(arguments) or arguments[place].get("class") != "CONSTANT":
        return None
    literal: Node = arguments[place]["literal"]
    return literal
