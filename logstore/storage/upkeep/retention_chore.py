"""The chore that lets go of what is older, or more, than is to be kept."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from logstore.clock import Clock
from logstore.model.chunk import DEFAULT_TENANT
from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.generation_numbers import GenerationNumbers
from logstore.storage.head import Head
from logstore.storage.upkeep.deletions import Deletions, RuleDeletion
from logstore.storage.upkeep.retention_plan import Plan, Terms, Why, plan_retention, size_of
from logstore.storage.upkeep.rewriting import Rewriter

_log = logging.getLogger(__name__)

_EVERY_NS = 60 * NS_PER_SECOND
"""How often there is a look at what has grown old. A look costs a millisecond for some thousand parts."""

_MOST_PARTS = 256
"""Parts that go in one commit; more of them are left to the next piece of work."""


@dataclass(slots=True)
class RetentionCounters:
    """What retention has let go since the store was opened, by the reason why."""

    parts: dict[str, int] = field(default_factory=lambda: {why.value: 0 for why in Why})
    rows: dict[str, int] = field(default_factory=lambda: {why.value: 0 for why in Why})
    bytes: dict[str, int] = field(default_factory=lambda: {why.value: 0 for why in Why})
    renewals: int = 0

    def add(self, why: Why, parts: list[Part]) -> None:
        """Counts parts that went."""
        self.parts[why.value] += len(parts)
        self.rows[why.value] += sum(part.rows for part in parts)
        self.bytes[why.value] += sum(map(size_of, parts))


class RetentionChore:
    """Looks every minute, and drops parts and renews the deletions of rules.

    Args:
        terms: what is kept, for each tenant.
    """

    name = "retention"

    def __init__(
        self,
        terms: Mapping[str, Terms],
        deletions: Deletions,
        rewriter: Rewriter,
        numbers: GenerationNumbers,
        head: Head,
        clock: Clock,
    ) -> None:
        self._terms = terms
        self._deletions = deletions
        self._rewriter = rewriter
        self._numbers = numbers
        self._head = head
        self._clock = clock
        self._next_ns = clock.monotonic_ns()
        self.counters = RetentionCounters()

    def due_s(self) -> float | None:
        """Every minute; never when all is kept."""
        if not any(terms != Terms() for terms in self._terms.values()):
            return None
        return max(0, self._next_ns - self._clock.monotonic_ns()) / NS_PER_SECOND

    def plan(self) -> Plan:
        """What would go now."""
        terms = self._terms.get(DEFAULT_TENANT, Terms())
        return plan_retention(self._head.latest, terms, DEFAULT_TENANT, self._clock.now_ns())

    def work(self) -> None:
        """Drops some parts; when there are none to drop, makes the deletions of rules.

        Raises:
            StorageError: it is tried again.
        """
        plan = self.plan()
        for why in Why:
            parts = [drop.part for drop in plan.drops if drop.why is why][:_MOST_PARTS]
            if parts:
                self._drop(why, parts)
        if len(plan.drops) > _MOST_PARTS:
            return
        for one in plan.renewals:
            self._deletions.make_rule(RuleDeletion(one.rule.name, one.rule.search, one.window, one.older))
            self.counters.renewals += 1
        self._next_ns = self._clock.monotonic_ns() + _EVERY_NS

    def _drop(self, why: Why, parts: list[Part]) -> None:
        self._rewriter.commit(self._numbers.take(), parts, ())
        self.counters.add(why, parts)
        # Of what nobody has decided one by one, people want to hear.
        _log.log(
            logging.WARNING if why is Why.SIZE else logging.INFO,
            "retention dropped %d parts because of their %s: %d events, %d bytes, times %d to %d",
            len(parts),
            why.value,
            sum(part.rows for part in parts),
            sum(map(size_of, parts)),
            min(part.time_min_ns for part in parts),
            max(part.time_max_ns for part in parts),
        )
