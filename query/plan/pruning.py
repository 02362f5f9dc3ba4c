"""What the scans of one question read: each is worked out once, however many statements the answer takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from logstore.model.snapshot import Part, Snapshot
from query.plan import logical
from query.plan.clues import clue_of_scan
from query.plan.demand import demand_of_scan
from query.plan.expressions import Condition
from query.plan.prune import Bounds, Pruned, Search, lacking, prune
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

    def lacking(self, topmost: logical.Plan, bounds: Bounds) -> tuple[Part, ...]:
        """The unfit parts that such a scan should read too."""
        return lacking(self.snapshot, bounds, demand_of_scan(topmost)) if self.snapshot.unfit else ()


def _sought(topmost: logical.Plan) -> _Sought:
    """What pruning goes by: which fields are read of what is left is all the same to it."""
    conditions: list[Condition] = []
    node = topmost
    while isinstance(node, logical.Filter):
        conditions.append(node.condition)
        node = node.input
    return tuple(conditions), replace(node, fields=None) if isinstance(node, logical.Scan) else node
