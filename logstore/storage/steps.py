"""Work that is done in steps, so that whoever does it can pause between them, or give it up."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

Result = TypeVar("Result")

Steps: TypeAlias = Generator[None, None, Result]
"""The steps of a piece of work, and what comes of it. To close it is to give it up, which tidies up."""


def finished(steps: Steps[Result]) -> Result:
    """What comes of the work when it is done without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
