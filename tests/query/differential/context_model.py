"""`context` in plain Python: all lines of each source, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from query.lang import nodes
from tests.query.differential.events import Event
from tests.query.differential.rows_model import Origin, Rows
from tests.query.differential.values import Time, identity

MOST_MATCHES = 1000


def context(rows: Rows, stage: nodes.Context, events: Sequence[Event]) -> Rows:
    """The lines around the rows, whatever window those were found in."""
    assert rows.origins is not None
    wanted = {origin.seq for origin in rows.origins[:MOST_MATCHES]}
    names = [field.name for field in stage.by] or ["tag"]
    sources: dict[object, list[Event]] = {}
    for event in sorted(events, key=lambda event: _origin(event).newest_first(), reverse=True):
        sources.setdefault(tuple(identity(event.get(name)) for name in names), []).append(event)
    groups = [group for lines in sources.values() for group in _groups(lines, wanted, stage)]
    groups.sort(key=lambda group: _origin(group[-1]).newest_first())
    made = [
        {**event, "match": event["_seq"] in wanted, "context": number}
        for number, group in enumerate(groups, 1)
        for event in reversed(group)
    ]
    return Rows(made, [_origin(event) for event in made])


def _groups(lines: Sequence[Event], wanted: set[int], stage: nodes.Context) -> list[list[Event]]:
    """Runs of lines, oldest first; those that share a line are one."""
    spans: list[list[int]] = []
    for place, event in enumerate(lines):
        if event["_seq"] not in wanted:
            continue
        start, end = max(place - stage.before, 0), min(place + stage.after, len(lines) - 1)
        if spans and start <= spans[-1][1]:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    return [list(lines[start : end + 1]) for start, end in spans]


def _origin(event: Event) -> Origin:
    time, seq = event["time"], event["_seq"]
    assert isinstance(time, Time)
    assert isinstance(seq, int)
    return Origin(time.ns, seq)
