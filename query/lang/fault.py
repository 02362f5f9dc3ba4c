"""A mistake in a query, at a place, as found by code that sees only part of the text."""

from __future__ import annotations

from logstore.errors import QueryError, Span


class Fault(Exception):  # noqa: N818, it never leaves the package: `parse` makes a QueryError of it
    """What is wrong, where, and what to write instead."""

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint

    def in_text(self, text: str) -> QueryError:
        """The error for the caller, who knows the whole query."""
        return QueryError(self.message, text, self.span, self.hint)
