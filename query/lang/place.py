"""Where the parser stopped, and what it would have taken there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from logstore.errors import Span
from query.lang.fault import Fault

_RUN = re.compile(r"\S+")
_WORD_BEFORE = re.compile(r"([\w.]+)\s*$")
_STRING = re.compile(r'~?\s*"(?:[^"\\]|\\.)*+"', re.DOTALL)

_FIELD_BEFORE = re.compile(r"([^\s\"()|,:`\\]+|`[^`]*`):[<>=]*\s*$")


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a mistake.

    Attributes:
        text: the whole query.
        start: index of the first character that does not fit; after the last one if the query ends too early.
        accepts: names of the terminals that would fit.
    """

    text: str
    start: int
    accepts: frozenset[str]

    @property
    def at_end(self) -> bool:
        """Whether the query ends too early."""
        return self.start >= len(self.text)

    @property
    def char(self) -> str:
        """The character that does not fit; empty at the end."""
        return self.text[self.start : self.start + 1]

    @property
    def rest(self) -> str:
        """From that character on."""
        return self.text[self.start :]

    @property
    def run(self) -> str:
        """From that character to the next white space."""
        match = _RUN.match(self.text, self.start)
        return "" if match is None else match[0]

    @property
    def touches(self) -> bool:
        """Whether no white space stands before that character."""
        return self.start > 0 and not self.text[self.start - 1].isspace()

    @property
    def word_before(self) -> str:
        """The word before that character; empty if something else stands there."""
        match = _WORD_BEFORE.search(self.text, max(0, self.start - 200), self.start)
        return "" if match is None else match[1]

    @property
    def field_before(self) -> str:
        """The field whose value should start here, as written; `field` if that cannot be told."""
        match = _FIELD_BEFORE.search(self.text, max(0, self.start - 200), self.start)
        return "field" if match is None else match[1]

    @property
    def quoted(self) -> str | None:
        """The quoted text (perhaps a regular expression) that starts here; None if there is none, or it never ends."""
        match = _STRING.match(self.text, self.start)
        return None if match is None else match[0]

    def span(self, length: int, offset: int = 0) -> Span:
        """So many characters from `offset` characters after the start."""
        return Span(self.start + offset, self.start + offset + length)

    def fault(self, message: str, hint: str = "", length: int | None = None) -> Fault:
        """A fault of so many characters, by default of the whole run."""
        return Fault(message, self.span(len(self.run) if length is None else length), hint)
