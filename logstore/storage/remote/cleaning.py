"""The chore that removes from object storage what no part is any more.

Only what the catalog says we put there is removed, and only when the catalog lists it no longer and nobody can be
reading it: the local file of a retired part goes first, then its object, then its row in the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logstore.clock import Clock
from logstore.errors import WorldError
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.records import Catalog
from logstore.storage.remote.claim import Claim
from logstore.storage.remote.objects import Objects
from logstore.storage.removal import Removals

_LOOK_S = 60.0
"""How often to look. More rarely keeps objects, and pays for them, longer."""
_MOST_AT_A_TIME = 100
"""Objects removed in one piece of work; more keeps other chores waiting."""


class CleaningChore:
    """Removes objects; see `Chore`.

    Args:
        objects: where they are.
        catalog: knows them.
        removals: knows what may still be read.
        claim: must hold, or they may be another's.
        clock: measures pauses.
        on_removed: is told the names of files that are not there any more.
    """

    def __init__(
        self,
        objects: Objects,
        catalog: Catalog,
        removals: Removals,
        claim: Claim,
        clock: Clock,
        on_removed: Callable[[Sequence[str]], None],
    ) -> None:
        self._objects = objects
        self._catalog = catalog
        self._removals = removals
        self._claim = claim
        self._clock = clock
        self._on_removed = on_removed
        self._next_ns = clock.monotonic_ns() + int(_LOOK_S * NS_PER_SECOND)
        self._seen: frozenset[str] = frozenset()
        self._removed = 0

    @property
    def name(self) -> str:
        """See `Chore`."""
        return "remove objects"

    @property
    def removed(self) -> int:
        """Objects removed since the store was opened."""
        return self._removed

    def due_s(self) -> float | None:
        """Seconds until the next look."""
        return max(0.0, (self._next_ns - self._clock.monotonic_ns()) / NS_PER_SECOND)

    def work(self) -> None:
        """Removes some objects.

        Raises:
            WorldError: the store refuses; what could be removed is.
        """
        unlisted = self._catalog.unlisted_remote_files()
        # A part is listed no longer a moment before it waits for its removal: so it goes at the second look.
        due = [name for name in unlisted if name in self._seen and not self._removals.waits_for(name)]
        if due:
            self._claim.ensure()
            self._remove(due[:_MOST_AT_A_TIME])
        if len(due) <= _MOST_AT_A_TIME:
            self._seen = frozenset(unlisted)
            self._next_ns = self._clock.monotonic_ns() + int(_LOOK_S * NS_PER_SECOND)

    def _remove(self, names: Sequence[str]) -> None:
        removed: list[str] = []
        try:
            for name in names:
                self._objects.delete(name)
                removed.append(name)
        except WorldError:
            self._forget(removed)
            raise
        self._forget(removed)

    def _forget(self, names: Sequence[str]) -> None:
        if names:
            self._catalog.forget_remote_files(names)
            self._on_removed(names)
            self._removed += len(names)
