"""What the upkeep thread does: one chore after the other, each a bounded piece of work at a time."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class Chore(Protocol):
    """A kind of work that is done in the background. Called from one thread."""

    @property
    def name(self) -> str:
        """What it is called in logs and metrics."""

    def due_s(self) -> float | None:
        """Seconds until there is something to do, 0 when there is now, None when there is nothing. Must be quick."""

    def work(self) -> None:
        """Does one piece of what is due, of bounded memory and length; `due_s` then tells of the next.

        Must leave everything as it was when it fails, or so that doing it again is right; must end soon when the
        store is being closed and the piece is long.

        Raises:
            WorldError: it failed; it is tried again after a pause.
        """


@runtime_checkable
class SteppedChore(Chore, Protocol):
    """One that may be in the middle of something when the store is closed."""

    def give_up(self) -> None:
        """Gives that up; what was written of it goes. May be called again."""
