"""Spans of one request, for whoever does a part of it and wants to say so; nobody here knows where they go.

What is not traced is given `UNTRACED`, which costs a call.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeAlias

Attribute: TypeAlias = str | int | float | bool


class Span(Protocol):
    """A stretch of time that is being spent with something."""

    def tell(self, **attributes: Attribute) -> None:
        """Adds what is known now."""


class Trace(Protocol):
    """Takes the spans of one request. Used by one thread at a time."""

    @property
    def is_recorded(self) -> bool:
        """Whether anybody will see them: if not, nothing has to be found out for their attributes."""

    def span(self, name: str, **attributes: Attribute) -> AbstractContextManager[Span]:
        """Time is spent with this, for as long as the context is open. An error that leaves it is told of."""


class _NoSpan:
    def tell(self, **attributes: Attribute) -> None:
        """Nobody listens."""


_NO_SPAN = nullcontext(_NoSpan())


class _Untraced:
    @property
    def is_recorded(self) -> bool:
        """Nobody looks."""
        return False

    def span(self, name: str, **attributes: Attribute) -> AbstractContextManager[Span]:
        """Takes nothing down."""
        del name, attributes
        return _NO_SPAN


UNTRACED: Trace = _Untraced()
"""What takes no spans. Safe from any thread."""
