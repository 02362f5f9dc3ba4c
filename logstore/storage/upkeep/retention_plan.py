"""What is kept for how long, and what goes now. Pure.

Whole parts go by leaving the catalog: those that are older than anything may be, and the oldest beyond the size that
all of them may have. What a rule says of some events only becomes a deletion, renewed as time goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from logstore.model.batch import EventBatch
from logstore.model.deletions import touches
from logstore.model.snapshot import Deletion, Part, Snapshot
from logstore.model.timespan import MIN_NS, NS_PER_HOUR, TimeSpan

STRADDLE_NS = 24 * NS_PER_HOUR
"""An event older than all may be leaves its part after so long, when younger ones keep the part."""

YOUNG_NS = NS_PER_HOUR
"""Parts with events of the last hour never go because of their size: somebody is looking at them."""

_MINUTE_NS = NS_PER_HOUR // 60


@dataclass(frozen=True, slots=True)
class Rule:
    """Events that match a search are kept for so long only; `name` is what people know it by."""

    name: str
    search: str
    age_ns: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What is kept of one tenant.

    Attributes:
        max_age_ns: how long events are kept; None: for ever.
        max_bytes: how much the files of parts may take together; None: any number.
        rules: events that are kept for a shorter time.
    """

    max_age_ns: int | None = None
    max_bytes: int | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def all_rules(self) -> tuple[Rule, ...]:
        """The rules, and the one that takes old events out of parts that younger ones keep."""
        if self.max_age_ns is None:
            return self.rules
        return (*self.rules, Rule("max_age", "*", self.max_age_ns + STRADDLE_NS))


class Why(str, Enum):
    """Why a part goes."""

    AGE = "age"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Drop:
    """A part that goes."""

    part: Part
    why: Why


@dataclass(frozen=True, slots=True)
class Renewal:
    """A rule whose deletion should be made, or be renewed up to the end of `window`; `older` is the one there is."""

    rule: Rule
    window: TimeSpan
    older: Deletion | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes.

    Attributes:
        drops: whole parts, the oldest first.
        renewals: rules that should be applied to what has grown old.
        kept: the parts that stay, the oldest first.
    """

    drops: tuple[Drop, ...]
    renewals: tuple[Renewal, ...]
    kept: tuple[Part, ...]

    @property
    def kept_bytes(self) -> int:
        """Size of the parts that stay."""
        return sum(map(size_of, self.kept))

    @property
    def freed_bytes(self) -> int:
        """Size of the parts that go."""
        return sum(size_of(drop.part) for drop in self.drops)


def size_of(part: Part) -> int:
    """What a part takes on disk, its word index included."""
    return part.bytes + part.index_bytes


def plan_retention(snapshot: Snapshot, terms: Terms, tenant: str, now_ns: int) -> Plan:
    """What of a tenant goes now."""
    parts = sorted((part for part in snapshot.parts if part.tenant == tenant), key=lambda part: part.time_max_ns)
    drops = [*_too_old(parts, terms.max_age_ns, now_ns)]
    gone = {drop.part.path for drop in drops}
    left = [part for part in parts if part.path not in gone]
    drops += _too_many(left, terms.max_bytes, now_ns)
    gone = {drop.part.path for drop in drops}
    left = [part for part in parts if part.path not in gone]
    renewals = (_renewal(snapshot, left, rule, now_ns) for rule in terms.all_rules)
    return Plan(tuple(drops), tuple(one for one in renewals if one is not None), tuple(left))


def _too_old(parts: Sequence[Part], max_age_ns: int | None, now_ns: int) -> Iterator[Drop]:
    if max_age_ns is not None:
        yield from (Drop(part, Why.AGE) for part in parts if part.time_max_ns < now_ns - max_age_ns)


def _too_many(parts: Sequence[Part], max_bytes: int | None, now_ns: int) -> Iterator[Drop]:
    """The oldest, until the others are small enough together."""
    if max_bytes is None:
        return
    excess = sum(map(size_of, parts)) - max_bytes
    for part in parts:
        if excess <= 0 or part.time_max_ns >= now_ns - YOUNG_NS:
            return
        excess -= size_of(part)
        yield Drop(part, Why.SIZE)


def _renewal(snapshot: Snapshot, parts: Sequence[Part], rule: Rule, now_ns: int) -> Renewal | None:
    """The deletion that a rule needs now; None when the one that there is will do, or covers all there is."""
    window = TimeSpan(None, max(MIN_NS, now_ns - rule.age_ns))
    older = next(
        (one for one in reversed(snapshot.deletions) if one.rule == rule.name and one.search == rule.search), None
    )
    step_ns = min(NS_PER_HOUR, max(5 * _MINUTE_NS, rule.age_ns // 24))
    if older is not None and older.window.end_ns is not None and window.end_ns is not None:
        moved_ns = window.end_ns - older.window.end_ns
        # When it has moved back, the rule's age was made longer: then it covers too much.
        if -step_ns < moved_ns < step_ns:
            return None
        if moved_ns < 0:
            return Renewal(rule, window, older)
    probe = Deletion(0, rule.search, window, snapshot.seq, now_ns)
    everything: tuple[Part | EventBatch, ...] = (*parts, *snapshot.head)
    pieces = [piece for piece in everything if touches(probe, piece)]
    if older is None:
        return Renewal(rule, window, older) if pieces else None
    is_new = any(
        piece.seq_max > older.seq or not older.window.covers(piece.time_min_ns, piece.time_max_ns) for piece in pieces
    )
    return Renewal(rule, window, older) if is_new else None
