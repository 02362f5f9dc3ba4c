"""The first step of `context`: the matches, then the lines around them, found in ever larger windows of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

import pyarrow as pa

from logstore.model.timespan import EVERYTHING, TimeSpan
from query.execution.sound import Make
from query.plan import logical
from query.plan.around import Found, Lines, Match, Reach, lines_of, reached_further, windows_around
from query.plan.expressions import TRUE, And, Condition, Constant, EqualsAny, FieldRef
from query.plan.names import names_in
from query.plan.prune import Bounds
from query.plan.shape import is_row_by_row, scan_of
from query.plan.slices import slices_of
from query.sql.around import Asked, compile_around, compile_matches
from query.sql.compile import SHAPE, Compiled, Extent

MOST_MATCHES = 1000
"""Matches whose context is shown. More are more than anybody reads, and their neighbourhoods are most of the store."""

Run = Callable[[Make], tuple[Compiled, Iterator[pa.RecordBatch]]]
"""Runs a statement: what was run, and its rows."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Matches, newest first, and a condition that all lines of their sources meet."""

    matches: tuple[Match, ...]
    condition: Condition


class ContextStep:
    """Finds the lines of one `context` stage.

    Args:
        node: the stage.
        asked: of what.
        run: runs statements of the query.
    """

    def __init__(self, node: logical.Context, asked: Asked, run: Run) -> None:
        self._node = node
        self._asked = asked
        self._run = run
        self._reach = Reach(node.before, node.after)

    def taken(self) -> tuple[logical.Plan, int, bool]:
        """A plan that picks the lines, how many matches they are around, and whether there were more matches."""
        matched = self._matched()
        is_cut = len(matched.matches) > MOST_MATCHES
        matched = replace(matched, matches=matched.matches[:MOST_MATCHES])
        lines = self._lines(matched) if matched.matches else Lines()
        return logical.Picked(self._reads(matched, lines), lines), len(matched.matches), is_cut

    def _matched(self) -> Matched:
        """The first matches in the order of the rows, one more than are wanted."""
        plan, found = self._node.input, list[Match]()
        values: dict[str, set[Constant | None]] = {field.name: set() for field in self._asked.by}
        for window in self._slices(plan):
            extent = Extent(window=window, most_rows=MOST_MATCHES + 1 - len(found))
            compiled, batches = self._run(partial(compile_matches, plan, self._asked, extent))
            for batch in batches:
                times, seqs, *columns = batch.columns
                found += map(Match, times.to_pylist(), seqs.to_pylist())
                _collect(values, compiled, columns)
            if len(found) > MOST_MATCHES:
                break
        return Matched(tuple(found), _condition(self._asked.by, values))

    def _slices(self, plan: logical.Plan) -> Iterator[TimeSpan | None]:
        if not is_row_by_row(plan) or scan_of(plan).moved_ns:
            return iter((None,))
        whole = compile_matches(plan, self._asked, SHAPE)
        return iter(slices_of(whole.pruned[0], scan_of(plan).window))

    def _lines(self, matched: Matched) -> Lines:
        edges, matches = self._edges(matched.condition), list(matched.matches)
        seqs = tuple(match.seq for match in matches)
        while True:
            windows = windows_around(matches, edges)
            plans = [self._read(matched.condition, window) for window in windows]
            _, batches = self._run(partial(compile_around, plans, seqs, self._reach, self._asked))
            found = [Found(*row.values()) for batch in batches for row in batch.to_pylist()]
            grown = reached_further(matches, found, windows, self._reach, edges)
            if grown is None:
                return lines_of(found, self._reach)
            matches = grown

    def _edges(self, condition: Condition) -> tuple[int, int]:
        """The first and the last instant at which a line of the sources may be."""
        bounds = Bounds(EVERYTHING, self._asked.pruning.snapshot.seq)
        pieces = self._asked.pruning.of(self._read(condition, EVERYTHING), bounds).pieces
        by_ns = scan_of(self._node.input).moved_ns
        return min(each.time_min_ns for each in pieces) + by_ns, max(each.time_max_ns for each in pieces) + by_ns

    def _read(self, condition: Condition, window: TimeSpan) -> logical.Plan:
        names = frozenset((*names_in(condition), *(field.name for field in self._asked.by)))
        scan = logical.Scan(window, names, scan_of(self._node.input).moved_ns)
        return scan if condition == TRUE else logical.Filter(scan, condition)

    def _reads(self, matched: Matched, lines: Lines) -> logical.Plan:
        """What has to be read for the lines: all fields, of their times."""
        moved_ns = scan_of(self._node.input).moved_ns
        windows = lines.windows or (TimeSpan(0, 0),)
        scans: list[logical.Plan] = [logical.Scan(window, moved_ns=moved_ns) for window in windows]
        if matched.condition != TRUE:
            scans = [logical.Filter(scan, matched.condition) for scan in scans]
        return reduce(logical.Union, scans)


def _collect(values: dict[str, set[Constant | None]], compiled: Compiled, columns: Sequence[pa.Array]) -> None:
    """Adds the values of sources; None where one is missing, so that no list can say which they are."""
    for name, known in values.items():
        mine = [
            [None if value is None else Constant(value, column.kind) for value in array.to_pylist()]
            for column, array in zip(compiled.output.columns, columns, strict=True)
            if column.field == name
        ]
        known.update(next(filter(None, row), None) for row in zip(*mine, strict=True))
        if not mine:
            known.add(None)


def _condition(by: Sequence[FieldRef], values: dict[str, set[Constant | None]]) -> Condition:
    tests: list[Condition] = []
    for field in by:
        known = [value for value in values[field.name] if value is not None]
        # NaN equals nothing, not even itself, and is one source all the same.
        if len(known) == len(values[field.name]) and all(each.value == each.value for each in known):
            tests.append(EqualsAny(field, tuple(sorted(known, key=lambda each: (each.kind.value, str(each.value))))))
    return tests[0] if len(tests) == 1 else And(tuple(tests))
