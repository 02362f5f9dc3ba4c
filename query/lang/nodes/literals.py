"""Names and literals, which search and expressions share."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from enum import Enum
from typing import TypeAlias

from logstore.errors import Span
from query.lang import values

NOWHERE = Span(0, 0)
"""Span of a node that was made by a program."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its name: case-sensitive, any characters, perhaps none. Also an expression."""

    name: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FieldPrefix:
    """`kube*` in `fields` and `drop`: every field whose name starts so. An empty prefix is every field."""

    prefix: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


FieldChoice: TypeAlias = Field | FieldPrefix


@dataclass(frozen=True, slots=True)
class Value:
    """The value of a field test, as typed.

    Quoted, it is text and nothing else. Unquoted, it is never empty and may also mean a number or a bool.
    """

    text: str
    quoted: bool = False
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def number(self) -> int | float | None:
        """The number meant (durations in seconds, sizes in bytes); None when quoted or not a number."""
        return None if self.quoted else values.number_of(self.text)

    @property
    def boolean(self) -> bool | None:
        """The bool meant; None when quoted or neither `true` nor `false`."""
        return None if self.quoted else {"true": True, "false": False}.get(self.text)


class Wild(Enum):
    """A wildcard outside quotes."""

    ANY = "*"
    """Any characters, also none."""
    ONE = "?"
    """Exactly one character."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A value with wildcards, over the whole value and case-sensitive.

    `pieces` are literal texts (never empty, never two in a row) and wildcards, at least one; never a lone `*`.
    """

    pieces: tuple[str | Wild, ...]
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


Choice: TypeAlias = Value | Pattern


@dataclass(frozen=True, slots=True)
class Regex:
    r"""An RE2 expression, unanchored, case as written. In the query's text `\"` stands for `"`, all else for itself."""

    pattern: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Time:
    """A time literal, as typed; `values.time_of(text)` is never None."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def point(self) -> values.TimePoint:
        """The instant meant, and the length of the unit it names."""
        point = values.time_of(self.text)
        if point is None:
            raise ValueError(self.text)
        return point


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal, as typed: a JSON number, a duration (seconds) or a size (bytes)."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def value(self) -> int | float:
        """The number meant."""
        value = values.number_of(self.text)
        if value is None:
            raise ValueError(self.text)
        return value

    @property
    def nanoseconds(self) -> int | None:
        """The number as seconds, in nanoseconds; None when that does not fit int64."""
        return values.nanoseconds_of(self.text)


@dataclass(frozen=True, slots=True)
class String:
    """A string literal, decoded."""

    text: str
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)

    @property
    def point(self) -> values.TimePoint | None:
        """The instant meant, if the text is a time literal."""
        return values.time_of(self.text)


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`."""

    value: bool
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Null:
    """`null`."""

    span: Span = attribute(default=NOWHERE, compare=False, repr=False)
