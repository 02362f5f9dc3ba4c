"""Which files of past generations have had their time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aged:
    """A file: its name, when it was sealed, and what it takes of the bound (bytes, or entries)."""

    name: str
    sealed_ns: int
    amount: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """For how long files are kept, and how much of them together."""

    retention_ns: int
    max_amount: int


def expired(files: Sequence[Aged], bounds: Bounds, now_ns: int, arriving: int = 0) -> tuple[str, ...]:
    """Names of the files, given oldest first, that must go.

    Args:
        files: what there is.
        bounds: how much may stay.
        now_ns: UTC nanoseconds.
        arriving: what a file takes that comes now.
    """
    kept = [file for file in files if file.sealed_ns >= now_ns - bounds.retention_ns]
    excess = sum(file.amount for file in kept) + arriving - bounds.max_amount
    return (*_names(files, kept), *_oldest(kept, excess))


def _names(files: Iterable[Aged], kept: Iterable[Aged]) -> list[str]:
    left = {file.name for file in kept}
    return [file.name for file in files if file.name not in left]


def _oldest(files: Iterable[Aged], excess: int) -> Iterable[str]:
    for file in files:
        if excess <= 0:
            return
        excess -= file.amount
        yield file.name
