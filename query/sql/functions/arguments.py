"""What a function's entry gets to work with, and the shapes that many functions share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from logstore.model.schema import Kind
from query.sql.bench import Bench
from query.sql.typed import TEXT_KINDS, Typed, text_of, typed


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call.

    Attributes:
        values: each with every alternative kept, so that it may be repeated.
        literals: the Python value of those that are literals, else None.
    """

    values: tuple[Typed, ...]
    literals: tuple[bool | int | float | str | None, ...]

    def literal_text(self, place: int) -> str:
        """The text literal at this place."""
        return str(self.literals[place])


Entry: TypeAlias = Callable[[Bench, Arguments], Typed]
"""Gives the value of a call; must count what it could not compute (see `Bench.strict`)."""


def of_texts(make: Callable[..., str], kind: Kind) -> Entry:
    """A function of texts alone that has a result of `kind` whenever all are texts."""

    def entry(bench: Bench, arguments: Arguments) -> Typed:
        texts = [text_of(value) for value in arguments.values]
        found = [bench.keep(text) for text in texts if text is not None]
        result = typed({kind: make(*found)}) if len(found) == len(texts) else Typed()
        return settled(bench, arguments.values, result, TEXT_KINDS)

    return entry


def settled(bench: Bench, values: Sequence[Typed], result: Typed, accepted: Collection[Kind]) -> Typed:
    """The result of a function that only fails on values of other kinds than the accepted ones."""
    if all(kind in accepted for value in values for kind in value.kinds):
        return bench.keep_all(result)
    return bench.strict(list(values), result)
