"""Which code collects, encodes and finds keys: the compiled one where it was built, else the one in plain Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from logstore.storage.index import plain


class Collector(Protocol):
    """Gathers the keys of one block after the other; see `plain.Collector`."""

    @property
    def blocks(self) -> int: ...  # noqa: D102

    @property
    def entries(self) -> int: ...  # noqa: D102

    def end_block(self) -> None: ...  # noqa: D102

    def encode(self, universe: int, width: int) -> tuple[bytes, list[int]]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Codec:
    """The functions of `plain`, or those of `kernel`, which give the same."""

    name: str
    collector: Callable[[], Collector]
    folded: Callable[..., Any]
    add_words: Callable[..., None]
    add_values: Callable[..., None]
    add_grams: Callable[..., None]
    section: Callable[..., bytes]
    find: Callable[..., Sequence[int]]


def _of(module: Any, name: str) -> Codec:
    return Codec(
        name,
        module.Collector,
        module.Folded,
        module.add_words,
        module.add_values,
        module.add_grams,
        module.section,
        module.find,
    )


PLAIN = _of(plain, "plain")


def best_codec() -> Codec:
    """The compiled one where there is one."""
    if sys.byteorder != "little":
        return PLAIN
    try:
        from logstore.storage.index import kernel  # noqa: PLC0415 - not everywhere is it built
    except ImportError:
        return PLAIN
    return _of(kernel, "compiled")
