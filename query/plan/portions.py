"""Portions: the pieces that one statement reads, where an answer has too many of them for a single one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from logstore.model.batch import EventBatch
from logstore.model.snapshot import Part, RowGroup
from query.plan.prune import Pruned


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of the pieces that pruning left.

    Attributes:
        parts, head: these.
        chosen: by path of a part, the only rows of it; None: those that pruning left.
    """

    parts: tuple[Part, ...] = ()
    head: tuple[EventBatch, ...] = ()
    chosen: Mapping[str, Sequence[RowGroup]] | None = None

    def of(self, pruned: Pruned) -> Pruned:
        """The same, but that no other pieces are looked at."""
        chosen = pruned.chosen if self.chosen is None else self.chosen
        return replace(pruned, parts=self.parts, head=self.head, chosen=chosen)


NOTHING = Portion()
"""Reads nothing: such a statement tells what columns there are."""


def portions_of(portion: Portion, most_files: int) -> list[Portion]:
    """A portion in pieces of at most so many files, each piece in one of them; what is in memory comes last."""
    parts = portion.parts
    *files, last = [parts[start : start + most_files] for start in range(0, len(parts), most_files)] or [()]
    return [*map(Portion, files), Portion(last, portion.head)]
