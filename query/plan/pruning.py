"""What the scans of one question read: each is worked out once, however many statements the answer takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from logstore.model.snapshot import Part, Snapshot
from query.plan import logical
from query.plan.clues import clue_of_scan
from query.plan.demand import demand_of_scan
from query.plan.earlier import times_read
from query.plan.expressions import Condition
from query.plan.prune import Bounds, Pruned, Search, lacking, prune
from query.plan.shape import scan_of
from query.plan.survey import Survey

_Sought: TypeAlias = tuple[tuple[Condition, ...], logical.Plan]
"""The conditions right above a scan, and the scan."""


class Pruning:
    """Prunes a snapshot for the statements of one question. For one thread.

    Args:
        snapshot: what is asked.
        survey: asks the indexes; None: nobody does.
    """

    def __init__(self, snapshot: Snapshot, survey: Survey | None = None) -> None:
        self.snapshot = snapshot
        self.survey = survey or Survey()
        self._done: dict[tuple[_Sought, Bounds], Pruned] = {}

    def of(self, topmost: logical.Plan, bounds: Bounds) -> Pruned:
        """What a scan with the filters above it, of which `topmost` is the last, may not leave out."""
        key = _sought(topmost), bounds
        if key not in self._done:
            search = Search(demand_of_scan(topmost), clue_of_scan(topmost), self.survey)
            self._done[key] = prune(self.snapshot, bounds, search)
        return self._done[key]

    def of_plan(self, plan: logical.Plan, after_seq: int | None = None) -> Pruned:
        """What the scan of a chain may not leave out, for events beyond `after_seq`."""
        return self.of(searched(plan), self._bounds(plan, after_seq))

    def finds_nothing(self, plan: logical.Plan) -> bool:
        """Whether no event of the scan of a chain can meet the filters above it, and nothing is missing that might."""
        return not self.of_plan(plan).pieces and not self.lacking(searched(plan), self._bounds(plan, None))

    def _bounds(self, plan: logical.Plan, after_seq: int | None) -> Bounds:
        return Bounds(times_read(scan_of(plan)), self.snapshot.seq, after_seq)

    def lacking(self, topmost: logical.Plan, bounds: Bounds) -> tuple[Part, ...]:
        """The unfit parts that such a scan should read too."""
        return lacking(self.snapshot, bounds, demand_of_scan(topmost)) if self.snapshot.unfit else ()


def searched(plan: logical.Plan) -> logical.Plan:
    """The scan at the bottom of a chain with the filters right above it."""
    topmost = plan
    while not isinstance(plan, logical.Scan):
        if not isinstance(plan, logical.Filter):
            topmost = plan.input
        plan = plan.input
    return topmost


def _sought(topmost: logical.Plan) -> _Sought:
    """What pruning goes by: which fields are read of what is left is all the same to it."""
    conditions: list[Condition] = []
    node = topmost
    while isinstance(node, logical.Filter):
        conditions.append(node.condition)
        node = node.input
    return tuple(conditions), replace(node, fields=None) if isinstance(node, logical.Scan) else node
