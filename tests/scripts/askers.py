"""What scripts can be asked of: the engine over differently placed events, and the plain model of the language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Protocol

from logstore.clock import SystemClock
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.lang.parse import parse
from query.results.facts import Notice
from tests.query.differential.asking import ask
from tests.query.differential.cases import SwitchedSource
from tests.query.differential.events import Event
from tests.query.differential.naive import answer
from tests.query.differential.placement import PLACEMENTS, Layout, lay_down
from tests.query.differential.values import Time
from tests.scripts.records import shown

START = Time(1_795_345_200 * 10**9)
"""2026-11-22T11:00:00Z, when scripts ask unless they say otherwise."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Rows in order, with columns in order, and remarks on them."""

    rows: list[dict[str, Any]]
    notices: tuple[str, ...] = ()


class Asker(Protocol):
    """Something that takes events and answers queries.

    Attributes:
        now: when the next query is asked.
        loaded: how many events it has.
        knows_columns: whether it tells of fields that do not exist, in remarks and errors.
    """

    now: Time
    loaded: int
    knows_columns: bool

    def load(self, events: Sequence[Event]) -> None:
        """Adds events."""

    def ask(self, text: str) -> Reply:
        """Answers a query.

        Raises:
            QueryError: it cannot be run as written.
        """

    def close(self) -> None:
        """Lets go of what it holds."""


class ModelAsker:
    """The plain model: checks the scripts themselves, and the model."""

    knows_columns = False

    def __init__(self, _folder: Path) -> None:
        self.now = START
        self._events: list[Event] = []

    @property
    def loaded(self) -> int:
        """How many events there are."""
        return len(self._events)

    def load(self, events: Sequence[Event]) -> None:
        """Adds events."""
        self._events += events

    def ask(self, text: str) -> Reply:
        """Answers a query."""
        found = answer(parse(text), self._events, self.now.ns)
        return Reply([{name: shown(row[name]) for name in found.columns if name in row} for row in found.rows])

    def close(self) -> None:
        """Nothing to close."""


class EngineAsker:
    """The engine, over events that lie as `layout` says."""

    knows_columns = True

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.now = START
        self._folder = folder
        self._layout = layout
        self._events: list[Event] = []
        self._source = SwitchedSource()
        self._engine = Engine(self._source, Limits(threads=1), SystemClock())

    @property
    def loaded(self) -> int:
        """How many events there are."""
        return len(self._events)

    def load(self, events: Sequence[Event]) -> None:
        """Adds events."""
        self._events += events
        folder = self._folder / str(self.loaded)
        folder.mkdir()
        self._source.held = lay_down(self._events, (), self._layout, folder, Random(self.loaded))

    def ask(self, text: str) -> Reply:
        """Answers a query."""
        found = ask(self._engine, Request(text, now_ns=self.now.ns))
        rows = [{name: shown(row[name]) for name in found.shown_columns() if name in row} for row in found.rows]
        return Reply(rows, tuple(_told(notice) for notice in found.notices))

    def close(self) -> None:
        """Closes the engine."""
        self._engine.close()


def _told(notice: Notice) -> str:
    return f"{notice.message} ({notice.hint})" if notice.hint else notice.message


ASKERS: dict[str, Callable[[Path], Asker]] = {
    "model": ModelAsker,
    # With fields in `_more` nobody can tell which names are unknown, so that no remark would be made.
    **{name: partial(EngineAsker, layout=replace(layout, more_share=0)) for name, layout in PLACEMENTS.items()},
}
