"""Where rows come from: the interface that queries need of a store, and nothing more of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from logstore.model.snapshot import Part, PartRead, Snapshot
from logstore.model.tally import ValuesTally, VolumeTally


class Source(Protocol):
    """Something that can be asked questions."""

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """The store as it is now, for as long as the context is open.

        Holds every event acked before the call (it may wait for their decoding). The files it lists stay readable until
        the context closes. Blocking; safe from several threads.
        """

    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> AbstractContextManager[Mapping[str, str]]:
        """Makes the files of parts of an open snapshot readable, for as long as the context is open.

        They may be far away, so that it takes long: `check` is called now and then, and what it raises comes out.

        Returns:
            A context with those that cannot be had now: why, by path.

        Raises:
            LimitExceededError: there is no room for so many at a time.
            OverloadedError: others take the room for them.
            StorageError: room could not be made.
        """

    def are_local(self, parts: Sequence[Part]) -> bool:
        """Whether they can be read at once, without bringing any from afar."""

    def unfit(self, reads: Sequence[PartRead]) -> Collection[Part]:
        """The parts among these, of an open snapshot, of which the bytes to be read are damaged or missing.

        Nothing may be read of a part before it was asked about: what cannot be checked afterwards is a wrong row. What
        was checked once is not read again, so asking again costs little. Blocking; safe from several threads.

        Raises:
            StorageError: it cannot be told now.
        """


class PartIndex(Protocol):
    """What is known of a part's columns without reading them.

    Sets of row groups are bits of an integer: bit n is for the n-th one. A row group that is not in the set holds
    nothing of the kind for certain; None tells nothing. Never raises. An object always tells the same, or less once it
    turns out to be damaged; it is equal to itself alone, and can be referred to weakly.
    """

    def with_word(self, column: str, word: str) -> int | None:
        """Where a text may hold this word (see `logstore.model.words`), case folded."""

    def with_text(self, column: str, text: str) -> int | None:
        """Where a text may hold these characters anywhere, ASCII case ignored."""

    def with_value(self, column: str, value: str) -> int | None:
        """Where a text may be just this."""

    def values(self, column: str) -> ValuesTally | None:
        """How many rows of the part have each value of a column; None: it does not tell."""

    def volume(self, *, by_tag: bool) -> VolumeTally | None:
        """How many rows there are by level and bin of time, and by tag if wanted; None: it does not tell."""


class Indexes(Protocol):
    """Where indexes of parts come from. Safe from several threads."""

    def index_of(self, part: Part) -> PartIndex | None:
        """The index of a part; None when it has none that can be used."""

    def left_out(self, row_groups: int) -> None:
        """Is told, for its books, how many row groups a question need not read."""


class NoIndexes:
    """For sources whose parts have no indexes."""

    def index_of(self, _: Part) -> PartIndex | None:
        """None."""
        return None

    def left_out(self, row_groups: int) -> None:
        """Nobody asks."""
