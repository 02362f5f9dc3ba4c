"""The model: every event that a store must hold, as plain Python values, and what of them is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from logstore.model.timespan import EVERYTHING, TimeSpan

HOUR_NS = 3600 * 10**9
START_NS = 1_764_000_000_000_000_000 // HOUR_NS * HOUR_NS
HOURS = 30
TAGS = ("app.web", "app.db", "sys", "t\u00e4g with spaces")
LEVELS = ("info", "warn", "error")
WORDS = ("alpha", "beta", "gamma", "delta")

Row = dict[str, Any]
"""An event as answers in JSON tell it."""


@dataclass(frozen=True)
class Event:
    """An event: its number, which is unique, and the row that answers have of it."""

    number: int
    time_ns: int
    row: Row


@dataclass(frozen=True)
class Search:
    """A search in the query language, and what it means."""

    text: str
    meant: Callable[[Row], bool]


@dataclass(frozen=True)
class Erasure:
    """What was deleted: which of the events that were stored by then, by number."""

    numbers: frozenset[int]


@dataclass
class Model:
    """What the store must hold.

    Attributes:
        events: all that were acknowledged, by number.
        erasures: the deletions that are active, by their number in the store.
        gone: the events that cannot come back.
        may_be_gone: those that were deleted for so long, before that was undone, that they may have been taken out.
    """

    events: dict[int, Event] = field(default_factory=dict)
    erasures: dict[int, Erasure] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    may_be_gone: set[int] = field(default_factory=set)

    def add(self, events: Iterable[Event]) -> None:
        """They were acknowledged."""
        self.events |= {event.number: event for event in events}

    def found(self, search: Search, window: TimeSpan = EVERYTHING) -> list[Event]:
        """The events that an answer must have, newest first; those of one time in no order."""
        hidden = set(self.gone).union(*(erasure.numbers for erasure in self.erasures.values()))
        found = [event for event in self._matching(search, window) if event.number not in hidden]
        return sorted(found, key=lambda event: -event.time_ns)

    def erase(self, deletion: int, search: Search, window: TimeSpan) -> None:
        """A deletion was made now. It covers also what others cover: they may be undone."""
        self.erasures[deletion] = Erasure(frozenset(event.number for event in self._matching(search, window)))

    def _matching(self, search: Search, window: TimeSpan) -> list[Event]:
        return [
            event
            for event in self.events.values()
            if window.covers(event.time_ns, event.time_ns) and search.meant(event.row)
        ]


def make_record(number: int, random: Random) -> tuple[int, dict[str, Any], Row]:
    """The time of an event, the record that is sent, and the row that must come of it, but for its time and tag."""
    # Most come in order; some come late, or from the future.
    hour = random.choice((number // 40 % HOURS, random.randrange(HOURS)))
    time_ns = START_NS + hour * HOUR_NS + random.choice((0, 1, HOUR_NS - 1, random.randrange(HOUR_NS)))
    word = random.choice(WORDS)
    level = random.choice(LEVELS)
    record: dict[str, Any] = {"message": f"event {number} {word}", "level": level, "number": number}
    row = dict(record)
    for name, values in (
        ("size", (number, "big", number + 0.5, True, 2**64 - 1 - number, [1, number])),
        ("Size", (number,)),
        (f"rare{number % 12}", ("x", number)),
    ):
        if random.random() < 0.4:
            record[name] = row[name] = random.choice(values)
    if random.random() < 0.5:
        record["user"] = {"name": f"u{number % 7}", "deep": {"id": number}}
        row |= {"user.name": f"u{number % 7}", "user.deep.id": number}
    return time_ns, record, row


def draw_search(random: Random) -> Search:
    """A search that finds some events, all, or none."""
    tag, level, word = random.choice(TAGS), random.choice(LEVELS), random.choice(WORDS)
    number = random.randrange(400)
    return random.choice(
        (
            Search("*", lambda _: True),
            Search(f'tag:"{tag}"', lambda row: row["tag"] == tag),
            Search(f"level:{level}", lambda row: row["level"] == level),
            Search(word, lambda row: word in row["message"].split()),
            Search(f"number:>={number}", lambda row: row["number"] >= number),
            Search(f"number:{number}", lambda row: row["number"] == number),
            Search("size:big", lambda row: row.get("size") == "big"),
            Search(f"level:{level} {word}", lambda row: row["level"] == level and word in row["message"].split()),
            Search(f'user.name:u{number % 7} -tag:"{tag}"', _both(f"u{number % 7}", tag)),
        )
    )


def _both(name: str, tag: str) -> Callable[[Row], bool]:
    return lambda row: row.get("user.name") == name and row["tag"] != tag


def draw_window(random: Random) -> TimeSpan:
    """A window: all times, some hours, or one end open."""
    start = START_NS + random.randrange(HOURS) * HOUR_NS
    end = start + random.choice((1, HOUR_NS // 2, HOUR_NS, 7 * HOUR_NS))
    windows = (EVERYTHING, TimeSpan(start, end), TimeSpan(start, None), TimeSpan(None, end))
    return random.choice(windows)
