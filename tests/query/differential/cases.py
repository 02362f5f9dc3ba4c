"""Cases: events that lie somewhere, a question about them, and whether engine and model agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import duckdb

from logstore.errors import LogstoreError
from logstore.model.snapshot import Part, PartRead, Snapshot
from query.engine import Engine, Request
from query.lang.parse import parse
from tests.query.differential import naive
from tests.query.differential.asking import Asked, ask
from tests.query.differential.comparison import differing, named_columns, same_row
from tests.query.differential.events import NOW_NS, Event, any_events
from tests.query.differential.placement import PLACEMENTS, lay_down
from tests.query.differential.queries import any_query, any_window

_SETTLED_EARLY = re.compile(r"\b(?:and|or)\b|\bwhere\b.*\bwhere\b")
"""Where one condition may settle what becomes of a row before another is computed."""


@dataclass(slots=True)
class SwitchedSource:
    """A source whose snapshot the tests exchange, so that one engine serves them all."""

    held: Snapshot = field(default_factory=lambda: Snapshot(-1))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The one it is switched to."""
        yield self.held

    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> AbstractContextManager[dict[str, str]]:
        """All of them are here."""
        del parts, check
        return nullcontext({})

    def are_local(self, parts: Sequence[Part]) -> bool:
        """All of them are."""
        del parts
        return True

    def unfit(self, reads: Sequence[PartRead]) -> Collection[Part]:
        """None: what tests lay down is sound."""
        del reads
        return ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """Events, and where they lie."""

    events: list[Event]
    snapshots: dict[str, Snapshot]


def any_dataset(rng: Random, folder: Path, placements: Sequence[str] = tuple(PLACEMENTS)) -> Dataset:
    """Made-up events in different places, with later ones beside them that no snapshot holds."""
    events = any_events(rng)
    hidden = [{**event, "_seq": 2**50 + place} for place, event in enumerate(any_events(rng, at_most=5))]
    return laid_down(events, hidden, folder, rng, placements)


def laid_down(
    events: list[Event],
    hidden: Sequence[Event],
    folder: Path,
    rng: Random,
    placements: Sequence[str] = tuple(PLACEMENTS),
) -> Dataset:
    """Events in different places, each with a folder of its own."""
    snapshots = {}
    for name in placements:
        (folder / name).mkdir()
        snapshots[name] = lay_down(events, hidden, PLACEMENTS[name], folder / name, rng)
    return Dataset(events, snapshots)


def any_request(rng: Random, events: list[Event]) -> Request:
    """A question about events."""
    limit = rng.choice((None, None, None, 0, 3))
    return Request(any_query(rng, events), any_window(rng), limit, NOW_NS)


def disagreements(engine: Engine, source: SwitchedSource, dataset: Dataset, request: Request) -> list[str]:
    """What is wrong with the engine's answers, one text for each place that the events lie in."""
    expected = naive.answer(parse(request.text), dataset.events, NOW_NS, request.window, request.limit)
    faults = []
    for name, snapshot in dataset.snapshots.items():
        source.held = snapshot
        fault = _fault(engine, request, expected)
        if fault is not None:
            faults.append(f"events in {name}, {request}\n{fault}")
    return faults


def _fault(engine: Engine, request: Request, expected: naive.Answer) -> str | None:
    try:
        got = ask(engine, request)
    except (duckdb.Error, OSError, LogstoreError) as error:
        # All queries are legal: whatever the engine raises is a fault, and the request belongs beside it.
        return f"{type(error).__name__}: {str(error)[:500]}"
    return _different_rows(expected, got) or _different_remarks(expected, got, request.text)


def _different_rows(expected: naive.Answer, got: Asked) -> str | None:
    if len(expected.rows) != len(got.rows):
        return _told("rows", expected.rows, got.rows)
    for place, (one, other) in enumerate(zip(expected.rows, got.rows, strict=True)):
        if not same_row(one, other):
            return _told(f"row {place}", *differing(one, other))
    columns = named_columns(got.rows, got.columns)
    # Fields that an answer keeps in `_more` have no place in the order of its columns.
    wanted = tuple(name for name in named_columns(expected.rows, expected.columns) if name in got.columns)
    if columns != wanted:
        return _told("columns", wanted, columns)
    return None


def _different_remarks(expected: naive.Answer, got: Asked, text: str) -> str | None:
    if expected.cut != got.cut:
        return _told("cut", expected.cut, got.cut)
    # An expression that stands twice may count once, and an operand need not be computed once the outcome is settled.
    least = 1 if expected.failures and not _SETTLED_EARLY.search(text) else 0
    if not least <= got.failures <= expected.failures:
        return _told("values that could not be computed", expected.failures, got.failures)
    return None


def _told(what: str, expected: object, got: object) -> str:
    return f"{what}:\n  expected {expected}\n  got      {got}"
