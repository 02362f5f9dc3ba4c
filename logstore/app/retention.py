"""What retention would let go of, as people are told before it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from logstore.app.deletions import Matching
from logstore.app.listing import ListColumn, Listing, list_rows
from logstore.model.schema import Kind
from logstore.model.snapshot import Part
from logstore.model.timespan import TimeSpan
from logstore.storage.upkeep.retention_plan import Plan, Renewal, Why, size_of

COLUMNS: tuple[ListColumn, ...] = (
    ("why", Kind.TEXT),
    ("parts", Kind.INT),
    ("events", Kind.INT),
    ("bytes", Kind.INT),
    ("first", Kind.TIME),
    ("last", Kind.TIME),
    ("before", Kind.TIME),
)
"""What is told of what goes; `docs/http-api.md` says what each means."""

Count = Callable[[str, TimeSpan], Matching]
"""Counts what a search finds within a window."""


def list_plan(plan: Plan, count: Count) -> Listing:
    """What goes, a line for each reason: whole parts by age and by size, and what rules delete."""
    rows = [*_drops(plan), *(_rule(renewal, plan, count) for renewal in plan.renewals)]
    freed = sum(row["bytes"] for row in rows)
    notices = [f"{freed:,} bytes would be freed of {plan.freed_bytes + plan.kept_bytes:,}"] if rows else []
    return list_rows(COLUMNS, rows, cut=False, notices=notices)


def _drops(plan: Plan) -> Iterator[Mapping[str, Any]]:
    for why in Why:
        parts = [drop.part for drop in plan.drops if drop.why is why]
        if parts:
            yield {
                "why": why.value,
                "parts": len(parts),
                "events": sum(part.rows for part in parts),
                "bytes": sum(map(size_of, parts)),
                "first": min(part.time_min_ns for part in parts),
                "last": max(part.time_max_ns for part in parts),
            }


def _rule(renewal: Renewal, plan: Plan, count: Count) -> Mapping[str, Any]:
    """Bytes are estimated: those that so many events of the parts concerned take on average."""
    found = count(renewal.rule.search, renewal.window)
    return {
        "why": f"rule {renewal.rule.name}",
        "events": found.events,
        "bytes": int(found.events * _bytes_per_event(plan.kept)),
        "first": found.first_ns,
        "last": found.last_ns,
        "before": renewal.window.end_ns,
    }


def _bytes_per_event(parts: Sequence[Part]) -> float:
    rows = sum(part.rows for part in parts)
    return sum(map(size_of, parts)) / rows if rows else 0.0
