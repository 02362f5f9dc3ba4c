"""Reading parts for upkeep: they are brought here and kept, and looked at before anything is made of them.

What is made of a damaged part would be damage that nobody can find.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from logstore.errors import StorageError
from logstore.model.snapshot import Part


class PartAccess(Protocol):
    """Lets upkeep read parts of the snapshot."""

    def holding(self, parts: Sequence[Part]) -> AbstractContextManager[None]:
        """Makes parts readable for as long as the context is open; all of them are what was written.

        Raises:
            WorldError: some cannot be had now, or are damaged; the latter have left the store.
        """


@dataclass(frozen=True, slots=True)
class CheckedAccess:
    """See `PartAccess`.

    Attributes:
        kept: brings parts here and keeps them; raises when one cannot be had.
        is_whole: whether a part that is here is what was written; one that is not leaves the store or is fetched again.
    """

    kept: Callable[[Sequence[Part]], AbstractContextManager[None]]
    is_whole: Callable[[Part], bool]

    @contextlib.contextmanager
    def holding(self, parts: Sequence[Part]) -> Iterator[None]:
        """See `PartAccess`."""
        with self.kept(parts):
            damaged = [part.path for part in parts if not self.is_whole(part)]
            if damaged:
                raise StorageError(f"{damaged[0]} cannot be read now: its file is damaged or missing")
            yield


class LocalAccess:
    """Takes every part for here and whole."""

    @contextlib.contextmanager
    def holding(self, parts: Sequence[Part]) -> Iterator[None]:
        """See `PartAccess`."""
        del parts
        yield
