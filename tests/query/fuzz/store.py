"""A small store with values of every kind, in files and in memory, of the names that made-up queries use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from logstore.clock import SystemClock
from query.engine import Engine
from query.execution.limits import Limits
from tests.query.differential.cases import SwitchedSource
from tests.query.differential.events import FIELDS, Event, any_events, any_value
from tests.query.differential.placement import Layout, indexes_anywhere, lay_down

NAMES = ("service", "limit", "where", "count", "a..b", "kubernetes.labels.app", "*", 'a"b', "x;--", "\x00", "漢")
"""Names of fields that mean something to the language, or to SQL."""

_SHARE = 0.4


def odd_events(rng: Random) -> list[Event]:
    """Events of which each has some of all the fields that there are."""
    events = any_events(rng, at_most=40)
    for event in events:
        drawn = {name: any_value(rng) for name in NAMES if rng.random() < _SHARE}
        drawn |= {name: make(rng) for name, make in FIELDS.items() if rng.random() < _SHARE}
        event.update({**drawn, **event})
    return events


@contextmanager
def odd_store(folder: Path, seed: int = 3) -> Iterator[Engine]:
    """An engine over such events, half of them in a file with an index, half in memory."""
    rng = Random(seed)
    source = SwitchedSource(lay_down(odd_events(rng), (), Layout(1, 1), folder, rng))
    limits = Limits(threads=1, memory_bytes=256 << 20, time_s=10)
    engine = Engine(source, limits, SystemClock(), indexes_anywhere())
    try:
        yield engine
    finally:
        engine.close()
