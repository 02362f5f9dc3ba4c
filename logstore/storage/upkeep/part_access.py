"""Reading parts for upkeep: they are brought here and kept, and looked at before anything is made of them.

What is made of a damaged part would be damage that nobody can find.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from logstore.errors import StorageError
from logstore.model.snapshot import Part


class PartAccess(Protocol):
    """Lets upkeep read parts of the snapshot."""

    def holding(self, parts: Sequence[Part]) -> AbstractContextManager[bool]:
        """Makes parts readable for as long as the context is open; whether all of them are what was written.

        One that is not leaves the store.

        Raises:
            StorageError: some cannot be read or fetched now.
        """


@dataclass(frozen=True, slots=True)
class CheckedAccess:
    """See `PartAccess`.

    Attributes:
        reading: brings parts here and keeps them; tells why some cannot be read, by path.
        is_whole: whether a part that is here is what was written.
    """

    reading: Callable[[Sequence[Part]], AbstractContextManager[Mapping[str, str]]]
    is_whole: Callable[[Part], bool]

    @contextlib.contextmanager
    def holding(self, parts: Sequence[Part]) -> Iterator[bool]:
        """See `PartAccess`."""
        with self.reading(parts) as unreachable:
            for path, why in unreachable.items():
                raise StorageError(f"{path} cannot be fetched: {why}")
            yield all([self.is_whole(part) for part in parts])  # noqa: C419 - each that is not leaves the store


class LocalAccess:
    """Takes every part for here and whole."""

    @contextlib.contextmanager
    def holding(self, parts: Sequence[Part]) -> Iterator[bool]:
        """See `PartAccess`."""
        del parts
        yield True
