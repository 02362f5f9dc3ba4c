"""Which files of the local disk make room for others. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cached:
    """A file that is on the local disk and in object storage.

    Attributes:
        name: its name.
        bytes: its size.
        used: rises with each use; the largest was used last.
        pins: readers that are reading it.
    """

    name: str
    bytes: int
    used: int
    pins: int


def choose_victims(files: Iterable[Cached], need_bytes: int) -> tuple[Cached, ...] | None:
    """The files to remove so that so many bytes become free: those that were used longest ago, and nobody reads.

    None when they do not suffice.
    """
    victims: list[Cached] = []
    for file in sorted((one for one in files if not one.pins), key=lambda one: one.used):
        if need_bytes <= 0:
            break
        victims.append(file)
        need_bytes -= file.bytes
    return tuple(victims) if need_bytes <= 0 else None
