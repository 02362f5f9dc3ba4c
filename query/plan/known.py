"""What is known of parts that are counted, without reading them: from the catalog, and from the tallies beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from logstore.model.schema import LEVEL, TAG, Kind, columns_of
from logstore.model.snapshot import Part
from logstore.model.tally import BIN_NS, ValuesTally, VolumeTally
from logstore.model.timespan import EVERYTHING, MAX_NS, MIN_NS, TimeSpan
from query.plan import logical
from query.plan.coded import Coded, Key, Tallied, distinct_texts
from query.plan.countable import Counted, width_of
from query.plan.demand import demand_of_scan
from query.plan.erased import Missing, missing_of
from query.plan.kept_volumes import Cut
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
        counts: (a time, a tag, how many); where nothing is grouped by one of these it may be any, or None.
        tallies: what tallies tell, a part each.
        told: events, by what tells of them.
    """

    counts: tuple[tuple[int, str | None, int], ...] = ()
    tallies: tuple[Tallied, ...] = ()
    told: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self.told)

    @property
    def pieces(self) -> tuple[Tallied, ...]:
        """All of it in one form."""
        if not self.counts:
            return self.tallies
        times, tags, rows = zip(*self.counts, strict=True)
        columns = {(TAG, Kind.TEXT): distinct_texts(list(tags))} if any(tag is not None for tag in tags) else {}
        return Tallied(np.array(rows, np.int64), np.array(times, np.int64), columns), *self.tallies


def known_rows(
    plan: logical.Plan, counted: Counted | None, pruned: Pruned, bounds: Bounds, survey: Survey | None = None
) -> tuple[KnownRows, Portion]:
    """What a plan would count in parts of which no event lies outside or is deleted; and the rest, which is to be read.

    Args:
        plan: whose groups are asked for.
        counted: what it counts by, see `countable`.
        pruned: of its scan.
        bounds: of its scan.
        survey: asks the tallies; None: nobody does.
    """
    if counted is None:
        return KnownRows(), Portion(pruned.parts, pruned.head)
    knowing = _Knowing(plan, counted, bounds, survey)
    told: Counter[str] = Counter()
    counts: list[tuple[int, str | None, int]] = []
    found: list[Tallied] = []
    unknown: list[Part] = []
    rows = 0
    for part, missing in zip(pruned.parts, missing_of(pruned.parts, pruned.deletions), strict=True):
        whole = covered(part, bounds) and missing == Missing()
        if whole and knowing.is_alike(part):
            counts.append((part.time_min_ns, knowing.tag_of(part), part.rows))
            told[CATALOG] += part.rows
            continue
        known = knowing.tallied(part, covered=whole) if missing == Missing() and rows < _MOST_ROWS else None
        if known is None:
            unknown.append(part)
            continue
        found.append(known)
        rows += len(known.rows)
        told[knowing.source] += int(known.rows.sum())
    return KnownRows(tuple(counts), tuple(found), told), Portion(tuple(unknown), pruned.head)


class _Knowing:
    """What can be known of the parts of one question."""

    def __init__(self, plan: logical.Plan, counted: Counted, bounds: Bounds, survey: Survey | None) -> None:
        self._counted = counted
        self._bounds = bounds
        self._survey = survey
        self._alike = None if counted.tested != frozenset() else _alike(counted)
        self._tags = demand_of_scan(logical_input(plan)).tags
        self.source = VOLUME if counted.is_of_volume else VALUES

    def tag_of(self, part: Part) -> str | None:
        """The tag that all events of a part have, where anybody wants to know; None: they have none."""
        return part.tags[0] if part.tags and self._counted.needs_tag else None

    def is_alike(self, part: Part) -> bool:
        """Whether all events of a part fall into the same group."""
        return self._alike is not None and all(same(part) for same in self._alike)

    def tallied(self, part: Part, *, covered: bool) -> Tallied | None:
        """What the tallies of a part tell; None when that is not enough."""
        counted, single = self._counted, self._counted.single_field
        if self._survey is None or not (counted.is_of_volume or (covered and single is not None)):
            return None
        window = EVERYTHING if covered else _window_on_edges(part, self._bounds)
        if counted.is_of_volume and (window is None or not _have_names(part, counted.widths_ns)):
            return None
        index = self._survey.tallies(part)
        if index is None:
            return None
        if counted.is_of_volume and window is not None:
            cutting = partial(self._of_index, index, window)
            # Windows move, parts within them stay.
            return cutting() if window != EVERYTHING else self._survey.volumes.cut(index, self._cut_of(part), cutting)
        return None if single is None else _of_field(part, index, single)

    def _cut_of(self, part: Part) -> Cut:
        counted = self._counted
        return Cut(part.path, self._tags, bool(counted.widths_ns), counted.needs_tag, counted.needs_level)

    def _of_index(self, index: PartIndex, window: TimeSpan) -> Tallied | None:
        volume = index.volume(by_tag=self._counted.needs_tag)
        return None if volume is None else self._of_volume(volume, window)

    def _of_volume(self, volume: VolumeTally, window: TimeSpan) -> Tallied:
        """What is looked at of a tally: the tags that are asked for, within the window."""
        picked = volume.of(self._tags, window, by_time=bool(self._counted.widths_ns))
        columns: dict[Key, Coded] = {}
        if self._counted.needs_tag:
            columns[TAG, Kind.TEXT] = Coded(pa.array(picked.tags, pa.string()), picked.tag)
        if self._counted.needs_level:
            columns[LEVEL, Kind.TEXT] = Coded(pa.array(picked.levels, pa.string()), picked.level)
        return Tallied(picked.rows, picked.starts_ns if self._counted.widths_ns else None, columns)


def logical_input(plan: logical.Plan) -> logical.Plan:
    """What a plan groups."""
    return plan if isinstance(plan, logical.Scan) else plan.input


def _window_on_edges(part: Part, bounds: Bounds) -> TimeSpan | None:
    """The window, if it cuts the part between bins only, and nothing else leaves out events of it."""
    window = bounds.window
    everywhen = Bounds(EVERYTHING, bounds.seq, bounds.after_seq, bounds.only)
    edges = [edge for edge in (window.start_ns, window.end_ns) if edge is not None]
    cutting = [edge for edge in edges if part.time_min_ns < edge <= part.time_max_ns]
    return window if covered(part, everywhen) and all(edge % BIN_NS == 0 for edge in cutting) else None


def _of_field(part: Part, index: PartIndex, name: str) -> Tallied | None:
    """The values of a field; in the last row those of the rows without one."""
    columns = columns_of(part.columns, name)
    if not columns and part.has_more:
        return None
    there: list[tuple[Kind, ValuesTally]] = []
    for column in columns:
        tally = index.values(column.name)
        if tally is None:
            return None
        there.append((column.kind, tally))
    rows = [tally.rows for _, tally in there]
    missing = part.rows - sum(int(each.sum()) for each in rows)
    numbers = np.concatenate([*rows, np.array([missing] if missing > 0 else [], np.int64)])
    made: dict[Key, Coded] = {}
    before = 0
    for kind, tally in there:
        after = before + len(tally.rows)
        codes = np.full(len(numbers), -1, np.int64)
        codes[before:after] = np.arange(after - before)
        made[name, kind] = Coded(tally.values, codes)
        before = after
    return Tallied(numbers, None, made)


def _alike(counted: Counted) -> Sequence[Alike] | None:
    """What all events of a part must have in common to be counted as one; None when they have to be read."""
    if counted.fields is None or not counted.fields <= {TAG}:
        return None
    bins = [partial(_is_in_one_bin, width) for width in map(width_of, counted.groups) if width is not None]
    return [*bins, _has_one_tag] if counted.fields else bins


def _is_in_one_bin(width_ns: int, part: Part) -> bool:
    return part.time_min_ns // width_ns == part.time_max_ns // width_ns and _have_names(part, (width_ns,))


def _have_names(part: Part, widths_ns: Sequence[int]) -> bool:
    """A bin that begins before all times has no name, nor has that of the last one, which is without end to DuckDB."""
    return part.time_max_ns < MAX_NS and all(
        part.time_min_ns // width * width >= MIN_NS for width in (*widths_ns, BIN_NS)
    )


def _has_one_tag(part: Part) -> bool:
    return part.tags is not None and len(part.tags) == 1
