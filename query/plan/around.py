"""Lines around matches: which times to look at for them, and which of the lines found belong together. Pure.

A line's *source* are the events with the same values of some fields (by default the same tag), in the order of time and
`_seq`. The context of a match are the lines next to it in its source. How far away in time these are nobody knows, so
the times looked at grow until there are enough lines, or no more to find.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from logstore.model.timespan import NS_PER_SECOND, TimeSpan

_FIRST_REACH_NS = NS_PER_SECOND
"""How far is looked at first. Longer: busy sources are read in vain; shorter: quiet ones need more statements."""

_GROWTH = 8
"""How much farther is looked at next."""

_MOST_WINDOWS = 32
"""Windows of one statement, each of which is a scan; where there are more, those nearest to each other become one."""


@dataclass(frozen=True, slots=True)
class Match:
    """A match, and how far around it is looked at."""

    time_ns: int
    seq: int
    before_ns: int = _FIRST_REACH_NS
    after_ns: int = _FIRST_REACH_NS


@dataclass(frozen=True, slots=True)
class Reach:
    """How many lines are wanted before and after each match."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Found:
    """A line near a match.

    Attributes:
        window: place of the window that it was found in.
        source: a number of its source within the window.
        place: number of the line in its source within the window, from 1.
        lines: how many lines its source has within the window.
        time_ns, seq: the line.
        match: whether it is a match itself.
    """

    window: int
    source: int
    place: int
    lines: int
    time_ns: int
    seq: int
    match: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines to show, by their `_seq`: whether they are matches, and the number of their group, 1 for the newest.

    `windows` are times that hold them all.
    """

    seqs: tuple[int, ...] = ()
    matches: tuple[bool, ...] = ()
    groups: tuple[int, ...] = ()
    windows: tuple[TimeSpan, ...] = ()


def windows_around(matches: Iterable[Match], edges: tuple[int, int]) -> list[TimeSpan]:
    """The times to look at, ascending, with gaps between them; within the first and the last instant that there is."""
    first, last = edges
    spans = sorted((max(m.time_ns - m.before_ns, first), min(m.time_ns + m.after_ns, last) + 1) for m in matches)
    return _few(spans)


def _few(spans: Iterable[tuple[int, int]]) -> list[TimeSpan]:
    """Few windows that hold ascending spans."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    gaps = sorted(range(1, len(joined)), key=lambda place: joined[place - 1][1] - joined[place][0])
    kept = {0, *gaps[: _MOST_WINDOWS - 1]}
    few: list[TimeSpan] = []
    for place, (start, end) in enumerate(joined):
        few.append(TimeSpan(start, end) if place in kept else TimeSpan(few.pop().start_ns, end))
    return few


def reached_further(
    matches: Sequence[Match], found: Iterable[Found], windows: Sequence[TimeSpan], reach: Reach, edges: tuple[int, int]
) -> list[Match] | None:
    """The matches with the times to look at next; None when enough was found of all of them."""
    at = {line.seq: line for line in found if line.match}
    grown = []
    for match in matches:
        line = at.get(match.seq)
        if line is None:
            # It was in a part that turned out to be damaged meanwhile.
            grown.append(match)
            continue
        window = windows[line.window]
        is_before = line.place > reach.before or (window.start_ns or 0) <= edges[0]
        is_after = line.lines - line.place >= reach.after or (window.end_ns or 0) > edges[1]
        before = match.before_ns if is_before else match.before_ns * _GROWTH
        after = match.after_ns if is_after else match.after_ns * _GROWTH
        grown.append(replace(match, before_ns=before, after_ns=after))
    return None if grown == list(matches) else grown


def lines_of(found: Iterable[Found], reach: Reach) -> Lines:
    """The lines in groups: contexts that share a line are one."""
    by_source = attrgetter("window", "source")
    groups: list[list[Found]] = []
    for _, lines in groupby(sorted(found, key=attrgetter("window", "source", "place")), key=by_source):
        groups += _groups(list(lines), reach)
    groups.sort(key=lambda group: (group[-1].time_ns, group[-1].seq), reverse=True)
    numbered = [(line, number) for number, group in enumerate(groups, 1) for line in group]
    return Lines(
        tuple(line.seq for line, _ in numbered),
        tuple(line.match for line, _ in numbered),
        tuple(number for _, number in numbered),
        tuple(_few(sorted((group[0].time_ns, group[-1].time_ns + 1) for group in groups))),
    )


def _groups(lines: Sequence[Found], reach: Reach) -> list[list[Found]]:
    """Lines of one source in one window: a group ends where the last match's context does, and no other has begun."""
    places = [line.place for line in lines if line.match]
    ends = [
        place + reach.after
        for place, following in zip(places, [*places[1:], None], strict=True)
        if following is None or following - place > reach.before + reach.after
    ]
    groups: list[list[Found]] = [[] for _ in ends]
    at = 0
    for line in lines:
        while line.place > ends[at]:
            at += 1
        groups[at].append(line)
    return groups
