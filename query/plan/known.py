"""What is known of parts that are counted, without reading them: from the catalog, and from the tallies beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from logstore.model.schema import ARROW_TYPES, LEVEL, TAG, TIME, Kind, columns_of
from logstore.model.snapshot import Part
from logstore.model.tally import BIN_NS, VolumeTally
from logstore.model.timespan import MIN_NS, TimeSpan
from query.plan import logical
from query.plan.countable import Counted, counted_of, width_of
from query.plan.demand import demand_of_scan
from query.plan.erased import Missing, missing_of
from query.plan.portions import Portion
from query.plan.prune import Bounds, Pruned, covered
from query.plan.survey import Survey
from query.source import PartIndex

Alike: TypeAlias = Callable[[Part], bool]
"""Whether all events of a part have the same value."""

CATALOG, VOLUME, VALUES = "the catalog", "tallies of tags and levels by time", "tallies of values"

_MOST_ROWS = 2_000_000
"""Of relations that are known: in memory, some 50 bytes each. What would be more is read."""


@dataclass(frozen=True, slots=True)
class KnownRows:
    """Numbers of rows.

    Attributes:
        counts: (a time, a tag, how many); where nothing is grouped by one of these it may be any.
        tables: columns that are fields of one kind each, missing in a table where it has no such values, and `ROWS`:
            how many rows each of its own stands for.
        told: events, by what tells of them.
    """

    counts: tuple[tuple[int, str | None, int], ...] = ()
    tables: tuple[Mapping[tuple[str, Kind], pa.Array] | None, ...] = ()
    numbers: tuple[pa.Array, ...] = ()
    told: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self.told)


_Known: TypeAlias = tuple[Mapping[tuple[str, Kind], pa.Array], pa.Array]
"""Columns, and the number of rows that each row stands for."""


def known_rows(
    plan: logical.Plan, pruned: Pruned, bounds: Bounds, survey: Survey | None = None
) -> tuple[KnownRows, Portion]:
    """What a plan would count in parts of which no event lies outside or is deleted; and the rest, which is to be read.

    Args:
        plan: whose groups are asked for.
        pruned: of its scan.
        bounds: of its scan.
        survey: asks the tallies; None: nobody does.
    """
    counted = counted_of(plan)
    if counted is None:
        return KnownRows(), Portion(pruned.parts, pruned.head)
    knowing = _Knowing(plan, counted, bounds, survey)
    told: Counter[str] = Counter()
    counts: list[tuple[int, str | None, int]] = []
    found: list[_Known] = []
    unknown: list[Part] = []
    rows = 0
    for part, missing in zip(pruned.parts, missing_of(pruned.parts, pruned.deletions), strict=True):
        whole = covered(part, bounds) and missing == Missing()
        if whole and knowing.is_alike(part):
            counts.append((part.time_min_ns, part.tags[0] if part.tags else None, part.rows))
            told[CATALOG] += part.rows
            continue
        known = knowing.tallied(part, covered=whole) if missing == Missing() and rows < _MOST_ROWS else None
        if known is None:
            unknown.append(part)
            continue
        found.append(known)
        rows += len(known[1])
        told[knowing.source] += int(known[1].to_numpy().sum())
    tables, numbers = tuple(each[0] for each in found), tuple(each[1] for each in found)
    return KnownRows(tuple(counts), tables, numbers, told), Portion(tuple(unknown), pruned.head)


class _Knowing:
    """What can be known of the parts of one question."""

    def __init__(self, plan: logical.Plan, counted: Counted, bounds: Bounds, survey: Survey | None) -> None:
        self._counted = counted
        self._bounds = bounds
        self._survey = survey
        self._alike = None if counted.tested != frozenset() else _alike(counted)
        self._tags = demand_of_scan(logical_input(plan)).tags
        self.source = VOLUME if counted.is_of_volume else VALUES

    def is_alike(self, part: Part) -> bool:
        """Whether all events of a part fall into the same group."""
        return self._alike is not None and all(same(part) for same in self._alike)

    def tallied(self, part: Part, *, covered: bool) -> _Known | None:
        """What the tallies of a part tell; None when that is not enough."""
        counted, single = self._counted, self._counted.single_field
        if self._survey is None or not (counted.is_of_volume or (covered and single is not None)):
            return None
        window = TimeSpan(None, None) if covered else _window_on_edges(part, self._bounds)
        if counted.is_of_volume and (window is None or not _have_names(part, counted.widths_ns)):
            return None
        index = self._survey.tallies(part)
        if index is None:
            return None
        if counted.is_of_volume and window is not None:
            volume = index.volume(by_tag=counted.needs_tag)
            return None if volume is None else _of_volume(volume, window, self._tags)
        return None if single is None else _of_field(part, index, single)


def logical_input(plan: logical.Plan) -> logical.Plan:
    """What a plan groups."""
    return plan if isinstance(plan, logical.Scan) else plan.input


def _window_on_edges(part: Part, bounds: Bounds) -> TimeSpan | None:
    """The window, if it cuts the part between bins only, and nothing else leaves out events of it."""
    window = bounds.window
    everywhen = Bounds(TimeSpan(None, None), bounds.seq, bounds.after_seq, bounds.only)
    edges = [edge for edge in (window.start_ns, window.end_ns) if edge is not None]
    cutting = [edge for edge in edges if part.time_min_ns < edge <= part.time_max_ns]
    return window if covered(part, everywhen) and all(edge % BIN_NS == 0 for edge in cutting) else None


def _of_volume(volume: VolumeTally, window: TimeSpan, tags: frozenset[str] | None) -> _Known:
    wanted = np.ones(len(volume.rows), bool)
    if window.start_ns is not None:
        # The earliest bin may begin before the window and have no event there.
        wanted &= volume.starts_ns > window.start_ns - BIN_NS
    if window.end_ns is not None:
        wanted &= volume.starts_ns < window.end_ns
    if tags is not None and volume.tags != (None,):
        wanted &= np.array([tag in tags for tag in volume.tags])[volume.tag]
    places = np.flatnonzero(wanted)
    return {
        (TIME, Kind.TIME): pa.array(volume.starts_ns[places]),
        (TAG, Kind.TEXT): pa.array(volume.tags, pa.string()).take(pa.array(volume.tag[places])),
        (LEVEL, Kind.TEXT): pa.array(volume.levels, pa.string()).take(pa.array(volume.level[places])),
    }, pa.array(volume.rows[places])


def _of_field(part: Part, index: PartIndex, name: str) -> _Known | None:
    """The values of a field; in the last row those of the rows without one."""
    columns = columns_of(part.columns, name)
    if not columns and part.has_more:
        return None
    tallies = [index.values(column.name) for column in columns]
    if any(tally is None for tally in tallies):
        return None
    there = [(column, tally) for column, tally in zip(columns, tallies, strict=True) if tally is not None]
    numbers = np.concatenate([*(tally.rows for _, tally in there), [0]]).astype(np.int64)
    numbers[-1] = part.rows - numbers.sum()
    arrays, before = {}, 0
    for column, tally in there:
        kind = ARROW_TYPES[column.kind]
        after = len(numbers) - before - len(tally.values)
        pieces = [pa.nulls(before, kind), tally.values, pa.nulls(after, kind)]
        arrays[name, column.kind] = pa.concat_arrays(pieces)
        before += len(tally.values)
    keep = pa.array(numbers > 0)
    return {key: array.filter(keep) for key, array in arrays.items()}, pa.array(numbers).filter(keep)


def _alike(counted: Counted) -> Sequence[Alike] | None:
    """What all events of a part must have in common to be counted as one; None when they have to be read."""
    if counted.fields is None or not counted.fields <= {TAG}:
        return None
    bins = [partial(_is_in_one_bin, width) for width in map(width_of, counted.groups) if width is not None]
    return [*bins, _has_one_tag] if counted.fields else bins


def _is_in_one_bin(width_ns: int, part: Part) -> bool:
    return part.time_min_ns // width_ns == part.time_max_ns // width_ns and _have_names(part, (width_ns,))


def _have_names(part: Part, widths_ns: Sequence[int]) -> bool:
    """A bin that begins before all times has no name: those of its events that have none must be counted."""
    return all(part.time_min_ns // width * width >= MIN_NS for width in (*widths_ns, BIN_NS))


def _has_one_tag(part: Part) -> bool:
    return part.tags is not None and len(part.tags) == 1
