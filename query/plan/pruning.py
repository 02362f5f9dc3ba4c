"""What the scans of one question read: each is worked out once, however many statements the answer takes."""

from __future__ import annotations

from logstore.model.snapshot import Part, Snapshot
from query.plan import logical
from query.plan.clues import clue_of_scan
from query.plan.demand import demand_of_scan
from query.plan.prune import Bounds, Pruned, Search, lacking, prune
from query.plan.survey import Survey


class Pruning:
    """Prunes a snapshot for the statements of one question. For one thread.

    Args:
        snapshot: what is asked.
        survey: asks the indexes; None: nobody does.
    """

    def __init__(self, snapshot: Snapshot, survey: Survey | None = None) -> None:
        self.snapshot = snapshot
        self._survey = survey or Survey()
        self._done: dict[tuple[logical.Plan, Bounds], Pruned] = {}

    def of(self, topmost: logical.Plan, bounds: Bounds) -> Pruned:
        """What a scan with the filters above it, of which `topmost` is the last, may not leave out."""
        if (topmost, bounds) not in self._done:
            search = Search(demand_of_scan(topmost), clue_of_scan(topmost), self._survey)
            self._done[topmost, bounds] = prune(self.snapshot, bounds, search)
        return self._done[topmost, bounds]

    def lacking(self, topmost: logical.Plan, bounds: Bounds) -> tuple[Part, ...]:
        """The unfit parts that such a scan should read too."""
        return lacking(self.snapshot, bounds, demand_of_scan(topmost)) if self.snapshot.unfit else ()
